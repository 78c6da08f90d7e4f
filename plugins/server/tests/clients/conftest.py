"""Clients talk to a server of their own, and must leave none of their connections behind."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def nobody_stays(request):
    """Whatever a test does, the server is stopped behind it, and its threads are gone."""
    import threading

    before = set(threading.enumerate())
    yield
    left = [each for each in threading.enumerate() if each not in before and each.name.startswith("heliosdb")]
    for each in left:
        each.join(5)
    assert not [each for each in left if each.is_alive()]
