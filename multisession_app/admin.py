"""The kit's command line, where one looks for it: `python -m multisession_app.admin --help`."""

import sys

from .multi_session.admin import main

if __name__ == "__main__":
    sys.exit(main())
