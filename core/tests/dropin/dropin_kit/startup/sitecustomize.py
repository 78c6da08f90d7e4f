"""Run by every Python that has this folder on PYTHONPATH: swaps sqlite3 before the program's first line.

This is how child processes that CPython's suite starts (``python -c "import sqlite3 ..."``) run on HeliosDB too.
"""

from __future__ import annotations

import atexit
import os

from dropin_kit import swap
from dropin_kit.configurations import Configuration

configuration = Configuration(os.environ[swap.CONFIGURATION])
swap.count_connections()
if configuration is not Configuration.STDLIB:
    swap.swap(configuration)
atexit.register(swap.report)
