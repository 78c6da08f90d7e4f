"""The methods by name."""

from __future__ import annotations

from collections.abc import Mapping

from .bits.method import Bits
from .contents import Method
from .hnsw.method import Hnsw
from .ivf.method import Ivf

METHODS: Mapping[str, Method] = {"bits": Bits(), "ivf": Ivf(), "hnsw": Hnsw()}
