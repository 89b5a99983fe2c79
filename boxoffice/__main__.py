"""`python -m boxoffice` is the command `boxoffice`."""

import sys

from boxoffice.cli import main

sys.exit(main())
