"""The HTTP door: the ASGI middleware around the whole app, and the routes on Better Auth's wire. No Reflex."""
