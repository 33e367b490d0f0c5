"""The tests of the kit, module by module."""
