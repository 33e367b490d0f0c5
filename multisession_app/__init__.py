"""The demo, and the kit in its folder `multi_session`."""
