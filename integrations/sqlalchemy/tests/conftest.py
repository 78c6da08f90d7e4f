"""An engine on a database file of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine


@pytest.fixture
def url(tmp_path):
    return f"heliosdb:///{tmp_path / 'app.db'}"


@pytest.fixture
def engine_of(url):
    """Make engines, with options in the URL's query, and dispose of them in the end."""
    made = []

    def make(query="", **keywords):
        made.append(create_engine(url + (f"?{query}" if query else ""), **keywords))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()
