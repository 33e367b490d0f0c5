"""Serve a built app without building it again: `python -m multisession_app.serve_built HOST PORT`.

It is the second half of `reflex run --env prod`, in the current folder; Reflex 0.10.1 has no command for it. A
container is built once and started often. So it starts in two seconds, without Bun, npm packages or a network.
"""

import sys

from reflex.istate.manager import reset_disk_state_manager
from reflex.utils import exec as reflex_exec
from reflex_base import constants
from reflex_base.config import get_config
from reflex_base.environment import environment
from reflex_base.utils import log

from .multi_session import claim_port


def main(host: str, port: int) -> None:
    """Serve until stopped.

    Raises:
        SystemExit: the port is taken.
    """
    # Before anything is touched; the server takes the port once more, and keeps it.
    claim_port(host, port).close()
    # Only Reflex's own command line does: without it Python shows warnings alone.
    log.enable_managed_logging()
    config = get_config()
    config._set_persistent(frontend_port=port, backend_port=port, backend_host=host)
    environment.REFLEX_ENV_MODE.set(constants.Env.PROD)
    environment.REFLEX_COMPILE_CONTEXT.set(constants.CompileContext.RUN)
    environment.REFLEX_SKIP_COMPILE.set(True)
    # As `reflex run` does: the states on disk may be those of another version of the app.
    reset_disk_state_manager()
    reflex_exec.run_backend_prod(host, port, config.loglevel.subprocess_level(), mount_frontend_compiled_app=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
