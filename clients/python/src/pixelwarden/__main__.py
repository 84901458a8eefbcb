"""``python -m pixelwarden`` is the command ``pixelwarden``."""

import sys

from pixelwarden.cli import main

if __name__ == "__main__":
    sys.exit(main())
