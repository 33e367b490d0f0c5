"""What is said when a part that the kit leans on goes away, and when it is back: once each, not for every request."""

from __future__ import annotations

import logging
import time

from .options import REDIS_TIMEOUT


class Outage:
    """Whether a part of the system is away, as far as this process has noticed."""

    def __init__(self, logger: logging.Logger, part: str, meanwhile: str) -> None:
        """Begin with a part that is there. `meanwhile` says what its absence means."""
        self._logger, self._part, self._meanwhile = logger, part, meanwhile
        self._failed_at: float | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether the part failed so lately that nobody should wait for it again already."""
        return self._failed_at is not None and time.monotonic() - self._failed_at < REDIS_TIMEOUT.total_seconds()

    def note(self, error: BaseException) -> None:
        """Note that the part does not answer."""
        if self._failed_at is None:
            # SQLite's text says which table is missing or that the disk is full. Others may name hosts and users.
            reason = str(error) if hasattr(error, "sqlite_errorname") else type(error).__name__
            self._logger.error("%s does not answer (%s). %s", self._part, reason, self._meanwhile)
        self._failed_at = time.monotonic()

    def end(self) -> None:
        """Note that the part has answered."""
        if self._failed_at is not None:
            self._failed_at = None
            self._logger.warning("%s answers again.", self._part)
