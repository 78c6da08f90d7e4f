"""Pages sealed one by one: which key seals them, and what opens them again."""

from __future__ import annotations

import pytest

from heliosdb_crypto.codec import pages
from heliosdb_crypto.codec.pages import PageCodec, PageError, UnsealableError

PAGE = b"x" * 3992 + bytes(104)


def test_a_page_opens_under_its_own_number_alone():
    codec = PageCodec(bytes(32))
    sealed = codec.seal(7, PAGE)
    assert codec.open(7, sealed) == PAGE
    for number in (1, 6, 8, 7 + 2**24):
        with pytest.raises(PageError):
            codec.open(number, sealed)


def test_another_key_opens_nothing():
    with pytest.raises(PageError):
        PageCodec(b"k" * 32).open(7, PageCodec(bytes(32)).seal(7, PAGE))


def test_a_subkey_seals_so_many_pages_and_then_another_one(monkeypatch):
    monkeypatch.setattr(pages, "_PAGES_PER_SESSION", 10)
    codec = PageCodec(bytes(32))
    sealed = [codec.seal(2, PAGE) for _ in range(35)]
    sessions = [page[-24:-12] for page in sealed]
    assert max(map(sessions.count, sessions)) <= 10
    assert all(codec.open(2, page) == PAGE for page in sealed)


def test_a_page_that_uses_its_reserved_bytes_is_not_sealed():
    with pytest.raises(UnsealableError):
        PageCodec(bytes(32)).seal(2, b"x" * 4096)


def test_what_fills_a_page_up_is_never_the_same():
    codec = PageCodec(bytes(32))
    assert len({codec.blind() for _ in range(3000)}) == 3000
