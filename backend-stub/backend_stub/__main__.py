"""`python -m backend_stub`."""

import sys

from backend_stub.cli import main

if __name__ == "__main__":
    sys.exit(main())
