"""COPY FROM STDIN and COPY TO STDOUT: text, CSV and binary."""

from __future__ import annotations

from .incoming import copy_in
from .outgoing import copy_out

__all__ = ["copy_in", "copy_out"]
