"""The HTTP door: the middleware around the whole app, which sees every request and every websocket, and the routes."""
