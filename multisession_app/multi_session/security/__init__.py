"""Checks and headers that need no database: passwords, rate limits, cookies, origins, input, redirects."""
