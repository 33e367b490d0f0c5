"""Tests against the built app: `reflex run --env prod` in a process of its own."""
