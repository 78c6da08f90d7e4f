"""The memory of the result cache: what it holds is what it says that it holds, and never more than its limit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from heliosdb_sqlite.plugins import Answer
from heliosdb_sqlite.tuning.cache.store import Entry, Store

LIMIT = 100
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "get", "drop", "clear"]), st.integers(0, 5), st.integers(1, LIMIT)),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=100, deadline=None)
def test_the_bytes_are_those_of_the_entries(steps):
    store = Store(LIMIT)
    for step, key, size in steps:
        if step == "put":
            store.put(key, Entry(Answer([], ()), size, 0.0))
            assert store.get(key).bytes == size
        elif step == "clear":
            store.clear()
        else:
            getattr(store, step)(key)
        held = [store.get(each) for each in range(6)]
        assert store.bytes == sum(each.bytes for each in held if each is not None) <= LIMIT
        assert len(store) == sum(each is not None for each in held)


def test_the_least_recently_used_give_way():
    store = Store(LIMIT)
    for key in "abc":
        store.put(key, Entry(Answer([], ()), 30, 0.0))
    store.get("a")
    store.put("d", Entry(Answer([], ()), 40, 0.0))
    assert [key for key in "abcd" if store.get(key)] == ["a", "c", "d"]
    assert store.evictions == 1
