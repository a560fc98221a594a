"""`python -m openrouter_stt` is the command `openrouter-stt`."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
