"""Tests of the kit's room `queries`."""
