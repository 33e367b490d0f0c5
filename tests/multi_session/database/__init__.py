"""Tests of the kit's room `database`."""
