"""`python -m player`: the command line."""

import sys

from player.cli.main import run

sys.exit(run())
