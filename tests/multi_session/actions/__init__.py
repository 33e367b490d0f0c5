"""Tests of the kit's room `actions`."""
