"""The kit's command line under a short name: `python -m multisession_app.admin --help`."""

import sys

from .multi_session.admin import main

if __name__ == "__main__":
    sys.exit(main())
