"""A file's data key: made with the file, kept in it wrapped by the user's key, unwrapped once per process."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from ..codec.log import LogCodec
from ..codec.pages import PageCodec
from ..format import KEY, SALT, Envelope, Head, derive
from .derivation import Derivation, derivation_of
from .given import UserKey

_REMEMBERED = 256
_PROCESS = os.urandom(32)

_Value = TypeVar("_Value")


class DataKey:
    """The key of one file, with the codecs that use it. All connections of a process to a file share one."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.pages = PageCodec(secret)
        self.log = LogCodec(secret)
        self.heads: dict[bytes, Head] = {}
        """The envelopes that this key was found in, each with the head it belongs to."""


class _Remembered(Generic[_Value]):
    """The last results of something that takes long, until they are forgotten."""

    def __init__(self) -> None:
        self._values: OrderedDict[bytes, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes, make: Callable[[], _Value]) -> _Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()  # without the lock: deriving a key takes half a second
        with self._lock:
            found = self._values.setdefault(key, made)
            while len(self._values) > _REMEMBERED:
                self._values.popitem(last=False)
            return found

    def find(self, key: bytes) -> _Value | None:
        with self._lock:
            return self._values.get(key)

    def values(self) -> list[_Value]:
        with self._lock:
            return list(self._values.values())

    def clear(self) -> None:
        with self._lock:
            self._values.clear()

    def renew_lock(self) -> None:
        self._lock = threading.Lock()


_wrapping_keys: _Remembered[bytes] = _Remembered()
_data_keys: _Remembered[DataKey] = _Remembered()
_opened: _Remembered[DataKey] = _Remembered()
"""By the user's key and the envelope that it opens: unwrapping takes long beside opening a file."""


_ALL: tuple[_Remembered[Any], ...] = (_wrapping_keys, _data_keys, _opened)


def forget_derived() -> None:
    """Drop the keys that this process has derived from passphrases and unwrapped from files."""
    for remembered in _ALL:
        remembered.clear()


def new_file(key: UserKey, page_size: int) -> tuple[DataKey, Head, Envelope]:
    """Return a new data key, and the head and envelope that keep it."""
    made = DataKey(os.urandom(KEY))
    head = Head(page_size, key.derivation.code, key.derivation.costs)
    envelope = wrap(key, made, head)
    return made, head, envelope


def wrap(key: UserKey, data_key: DataKey, head: Head) -> Envelope:
    """Return the data key wrapped by a user's key, under a fresh salt.

    :param head: says how the user's key is derived; it is remembered as the envelope's
    """
    salt = os.urandom(SALT)
    envelope = Envelope(salt, aes_key_wrap(stretched(key, key.derivation, salt), data_key.secret))
    data_key.heads[envelope.packed()] = head
    return envelope


def unwrap(key: UserKey, head: Head, envelope: Envelope) -> DataKey | None:
    """Return the data key, or None when the user's key is not the one that it was wrapped by."""
    name = b"".join((key.identity, *envelope, bytes((head.derivation, *head.costs))))
    found = _opened.find(name)
    if found is None:
        found = _unwrap(key, head, envelope)
        if found is None:
            return None
        _opened.get(name, lambda: found)
    found.heads[envelope.packed()] = head
    return found


def _unwrap(key: UserKey, head: Head, envelope: Envelope) -> DataKey | None:
    derivation = derivation_of(head.derivation, head.costs)
    if derivation is None or (derivation.code == 0) != key.is_raw:
        return None
    try:
        secret = aes_key_unwrap(stretched(key, derivation, envelope.salt), envelope.wrapped)
    except InvalidUnwrap:
        return None
    return _data_keys.get(_name(secret), lambda: DataKey(secret))


def stretched(key: UserKey, derivation: Derivation, salt: bytes) -> bytes:
    """Return what wraps other keys: a user's key, derived with this salt."""
    costs = bytes((derivation.code, *derivation.costs))

    def make() -> bytes:
        return derive(derivation.stretch(key.secret, salt), b"HeliosDB envelope" + costs, salt)

    return _wrapping_keys.get(_name(key.identity + costs + salt), make)


def _name(secret: bytes) -> bytes:
    """Return what something is remembered by, from which it can't be found out."""
    return hashlib.blake2b(secret, key=_PROCESS, digest_size=16).digest()


def _after_fork() -> None:
    """The child's pages are sealed under subkeys of its own."""
    for remembered in _ALL:
        remembered.renew_lock()
    for each in _data_keys.values():
        each.pages.begin_session()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
