"""Tests of the kit's room `http`."""
