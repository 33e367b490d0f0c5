"""Tests of the kit's room `security`."""
