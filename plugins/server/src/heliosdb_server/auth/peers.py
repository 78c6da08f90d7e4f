"""Which addresses may connect at all, and what the server remembers of failed logins."""

from __future__ import annotations

import ipaddress
import sqlite3
import threading
import time
from collections.abc import Iterable

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_REMEMBERED = 10_000  # addresses; more than that are no longer told apart
_FORGET = 300.0  # seconds


def networks(texts: Iterable[str]) -> list[_Network]:
    """Return the networks of texts such as ``10.0.0.0/8``.

    :raises ProgrammingError: one that is none
    """
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise sqlite3.ProgrammingError(f"allowed_ips: {error}") from None
    return found


def address(text: str) -> _Address:
    """Return an address; an IPv4 address that comes in IPv6's clothes as what it is."""
    found = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped if mapped is not None else found


def is_loopback(text: str) -> bool:
    """Does the peer sit on this machine? A tunnel or proxy on it looks like that too."""
    return address(text).is_loopback


def is_allowed(text: str, allowed: list[_Network] | None) -> bool:
    """Is the peer in one of the networks? No list allows all."""
    if allowed is None:
        return True
    there = address(text)
    return any(there.version == each.version and there in each for each in allowed)


class Failures:
    """How long an address has to wait for the answer to a wrong password: longer each time."""

    def __init__(self, first: float = 0.25, most: float = 4.0) -> None:
        self._first, self._most = first, most
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}

    def delay(self, peer: str) -> float:
        """Count a failure, and return how long to wait with the answer."""
        now = time.monotonic()
        with self._lock:
            if len(self._counts) >= _REMEMBERED:
                self._counts = {key: each for key, each in self._counts.items() if now - each[1] < _FORGET}
                if len(self._counts) >= _REMEMBERED:
                    self._counts.clear()
            count, last = self._counts.get(peer, (0, now))
            count = 1 if now - last > _FORGET else count + 1
            self._counts[peer] = (count, now)
        return float(min(self._first * 2 ** min(count - 1, 10), self._most))

    def forget(self, peer: str) -> None:
        """The peer has logged in."""
        with self._lock:
            self._counts.pop(peer, None)
