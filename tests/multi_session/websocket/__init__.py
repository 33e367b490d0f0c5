"""Tests of the kit's room `websocket`."""
