"""``python -m mapio_display``."""

import sys

from mapio_display.cli import main

sys.exit(main())
