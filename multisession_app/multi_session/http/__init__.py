"""The HTTP door: the ASGI middleware around the whole app, and the routes for Better Auth's client. No Reflex."""
