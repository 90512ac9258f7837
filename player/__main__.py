"""`python -m player`: the command line."""

import sys

from player.cli import main

sys.exit(main())
