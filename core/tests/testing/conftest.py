"""Makes broken_plugins_kit importable, for this process and the ones that the drop-in checks start."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
