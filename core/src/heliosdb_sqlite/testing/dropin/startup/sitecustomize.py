"""Run by every Python that has this folder on PYTHONPATH: swaps sqlite3 before the program's first line.

This is how child processes that CPython's suite starts (``python -c "import sqlite3 ..."``) run on HeliosDB too.
"""

# ruff: noqa: INP001 - on PYTHONPATH by itself
from __future__ import annotations

import json
import os
import sys

# Where the starting process finds HeliosDB and the plugin. Last, so that nothing there hides a module of Python's own.
sys.path += [folder for folder in json.loads(os.environ["HELIOSDB_DROPIN_PATH"]) if folder not in sys.path]

from heliosdb_sqlite.testing.dropin import swap

swap.main()
