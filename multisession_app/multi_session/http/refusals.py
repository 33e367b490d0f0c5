"""What the log says of a request that is refused."""

from __future__ import annotations

import logging

from ..errors import MultiSessionError
from ..log_lines import refused
from ..options import LOG_PATH_MAX
from ..security.addresses import networks_of
from ..security.origins import RequestOrigin

logger = logging.getLogger(__name__)


def log_refusal(error: MultiSessionError, path: str, origin: RequestOrigin, who: str | None = None) -> None:
    """Log a refusal; `who` asked, if that was looked at. However long what was sent is, the line ends with its code."""
    whom = "" if who is None else f" ({who:.{LOG_PATH_MAX}})"
    widest = networks_of(origin.ip_address)[0][1]
    line = f"Refused %.{LOG_PATH_MAX}r from %s%s: %s"
    logger.info(line, path, origin.ip_address, whom, error.code, extra=refused(error.code, widest))
