"""Checks and headers that need no database: passwords, limits, cookies, origins, what may be typed in, redirects."""
