"""Which of many sockets have something to read, by the best way that the system offers."""

from __future__ import annotations

import select
import selectors
from typing import Protocol


class Readiness(Protocol):
    """Sockets by their numbers. One thread waits; any may add and remove, before the socket is closed."""

    notices: bool
    """A wait that has begun heeds what is added."""

    def add(self, number: int) -> None:
        """Wait for this one too."""

    def remove(self, number: int) -> None:
        """Wait for this one no longer."""

    def wait(self) -> list[int]:
        """Return those that have something to read, or are at their end; none may be, too."""

    def close(self) -> None:
        """Give back what it takes."""


class Epoll:
    """Linux's own, without what :mod:`selectors` puts around it: a tenth of what a short query takes."""

    notices = True

    def __init__(self) -> None:
        self._poll = select.epoll()
        self.remove = self._poll.unregister
        self.close = self._poll.close

    def add(self, number: int) -> None:
        """Wait for this one too."""
        self._poll.register(number, select.EPOLLIN)

    def wait(self) -> list[int]:
        """Return those that have something to read, or are at their end."""
        return [number for number, _ in self._poll.poll()]


class Selector:
    """What Python offers everywhere."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.notices = not isinstance(self._selector, (selectors.SelectSelector, selectors.PollSelector))
        self.close = self._selector.close

    def add(self, number: int) -> None:
        """Wait for this one too."""
        self._selector.register(number, selectors.EVENT_READ)

    def remove(self, number: int) -> None:
        """Wait for this one no longer."""
        self._selector.unregister(number)

    def wait(self) -> list[int]:
        """Return those that have something to read, or are at their end; none where one was closed meanwhile."""
        try:
            return [key.fd for key, _ in self._selector.select()]
        except (OSError, ValueError):
            return []


def readiness() -> Readiness:
    """Return the best there is."""
    return Epoll() if hasattr(select, "epoll") else Selector()
