"""The standard library's sqlite3, which every module of ours takes from here.

A program may put us in its place, ``sys.modules["sqlite3"] = heliosdb_sqlite``: modules of ours imported after that
would get ourselves for ``import sqlite3``. This one is imported first.
"""

import sqlite3 as sqlite3
