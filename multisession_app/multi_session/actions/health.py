"""Whether the database and Redis answer."""

from __future__ import annotations

from sqlmodel import select

from .resources import Resources

UP, DOWN, UNUSED = "up", "down", "unused"


class Health:
    """Asks the database and Redis."""

    def __init__(self, kit: Resources) -> None:
        """Work with the resources of the running kit."""
        self._kit = kit

    async def ping(self) -> None:
        """Return if the database answers.

        Raises:
            DatabaseUnavailable: it does not.
        """
        await self._kit.database.look_up(lambda db: db.exec(select(1)).one())

    async def readiness(self) -> dict[str, str]:
        """Return whether the database and Redis, by name, are "up", "down" or "unused"."""
        found = {"database": UP, "redis": UNUSED if self._kit.pubsub.is_alone else UP}
        for name, ping in (("database", self.ping), ("redis", self._kit.pubsub.ping)):
            try:
                await ping()
            except Exception:
                # Whoever asked has logged it.
                found[name] = DOWN
        return found
