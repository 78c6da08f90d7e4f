"""The threads that answer clients: one leads, which waits for all who are idle and answers whoever asks something.

Python runs one thread at a time, so quick answers are quickest one after the other, by a thread that need not be woken
for each. A leader that is about to take long (a large result, a lock, a client that does not read) hands the lead on
first, where it knows; where it does not, it loses the lead after five milliseconds. It then goes on beside the next
one, and rests when it is done. Schmidt, O'Ryan, Kircher, Pyarali and Buschmann describe the pattern:
"Leader/Followers: A Design Pattern for Efficient Multi-threaded Event Demultiplexing and Dispatching" (PLoP 2000).

What clients are told of a commit waits for the disk. It is sent when everybody has been answered who had asked
something by then, so that all their commits wait for the disk once.
"""

from __future__ import annotations

import enum
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from .readiness import readiness

_LOG = logging.getLogger("heliosdb_server")
_PATIENCE = 0.005  # seconds for which one answer may keep the others
_QUICK = 0.002  # seconds in which an answer keeps nobody
_QUICK_DISK = 0.0005  # and in which a disk does
_LOOKS = 20  # without anything to see, before there is no more looking
_RESTING = 16  # threads that may wait to be needed again
_COMING = 0  # in place of a leader: one was called


class After(enum.Enum):
    """What is left to do for a client when it has been answered."""

    NOTHING = enum.auto()
    SETTLING = enum.auto()
    """It is told what it asked for when :meth:`Member.settle` is called."""
    END = enum.auto()


class Member(Protocol):
    """A client, as the crew sees it. One thread at a time calls these methods."""

    slow: bool
    """The last answer took long, and the next one most likely will."""

    def fileno(self) -> int:
        """Return what to wait at."""

    def answer(self, *, readable: bool) -> After:
        """Answer what has come.

        :param readable: something has, or the client is gone; else :meth:`Crew.call` was called
        """

    def sync(self) -> None:
        """Wait for the disk."""

    def settle(self) -> After:
        """Say what was left to say, when the disk is done: waits for it, if :meth:`sync` was not called."""

    def finish(self) -> None:
        """Close the connection."""


class Crew:
    """Threads for one listener's clients. They begin with the first client.

    :param after: calls a function in so many seconds, in another thread
    """

    def __init__(self, after: Callable[[float, Callable[[], None]], object]) -> None:
        self._after = after
        self._lock = threading.Lock()
        self._emptied = threading.Condition(self._lock)
        self._ready = readiness()
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._ringer.setblocking(False)
        self._ready.add(self._bell.fileno())
        self._everyone: set[Member] = set()
        self._idle: dict[int, Member] = {}  # whom the leader waits for, or is answering: by what it waits at
        self._called: set[Member] = set()
        self._leader: int | None = None
        self._current: Sequence[Member] = ()  # whom the leader is busy with
        self._since = 0.0
        self._unsynced: list[Member] = []  # the leader's to deal with, or the next one's if it loses the lead
        self._unsettled: list[Member] = []  # and those for whom the disk is done
        self._disk_is_slow = False
        self._answers = self._seen = self._nothing_new = 0
        self._looks = False
        self._threads: set[threading.Thread] = set()
        self._resting = 0
        self._calls: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._stopped = False

    # ---- for others ----

    def add(self, member: Member) -> None:
        """Take in a client, and have it called: something may have come for it before.

        :raises RuntimeError: no thread can be started to answer it
        """
        with self._lock:
            if self._leader is None:
                if not self._called_one():
                    raise RuntimeError("can't start new thread")
                self._leader = _COMING
            self._everyone.add(member)
            self._wait_for(member)
        self.call(member)

    def call(self, member: Member) -> None:
        """Have a client answered that has not asked."""
        with self._lock:
            if member not in self._everyone:
                return
            self._called.add(member)
        self._ring()

    def leave(self) -> None:
        """Hand the lead on, if the calling thread has it: it is about to wait."""
        if self._leader == threading.get_ident():
            with self._lock:
                if self._leader == threading.get_ident():  # still
                    self._hand_on()

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait until the last client is gone; return False when the time is over."""
        with self._emptied:
            return self._emptied.wait_for(lambda: not self._everyone, max(seconds, 0))

    def stop(self, seconds: float) -> None:
        """Let the threads end; those that are busy with a client that is left have so many seconds."""
        with self._lock:
            self._stopped = True
            for _ in range(self._resting):
                self._calls.put(False)
            self._resting = 0
            threads = list(self._threads)
        self._ring()
        end = time.monotonic() + seconds
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(end - time.monotonic(), 0))
        if not any(thread.is_alive() for thread in threads):
            self.close()

    def close(self) -> None:
        """Close what was waited with: also in a process that has just been forked, whose parent goes on."""
        self._ready.close()
        self._bell.close()
        self._ringer.close()

    # ---- leading ----

    def _work(self) -> None:
        while True:
            try:
                self._lead()
            except Exception:  # noqa: BLE001
                _LOG.exception("a thread that answers clients failed")
                if self._goes_on():
                    continue
            with self._lock:
                if self._stopped or self._resting >= _RESTING:
                    self._threads.discard(threading.current_thread())
                    return
                self._resting += 1
            if not self._calls.get():
                return

    def _goes_on(self) -> bool:
        """Return whether this thread leads, though it has failed."""
        time.sleep(0.1)  # it may fail again at once
        with self._lock:
            leads = self._leader == threading.get_ident()
            if leads:
                self._current = ()
            return leads

    def _lead(self) -> None:
        me = threading.get_ident()
        with self._lock:
            self._leader = me
        while self._settle(me) and not self._stopped:
            for number in self._ready.wait():
                if number == self._bell.fileno():
                    if not self._hear(me):
                        return
                else:
                    member = self._idle.get(number)
                    if member is not None and not self._answer(me, member, readable=True):
                        return

    def _hear(self, me: int) -> bool:
        """Answer those who were called; return whether this thread still leads."""
        try:
            self._bell.recv(4096)
        except BlockingIOError:
            pass
        while True:
            if not self._settle(me):  # among them may be who was called
                self._ring()
                return False
            with self._lock:  # the others when they are back
                found = next((each for each in self._called if self._idle.get(each.fileno()) is each), None)
            if found is None:
                return True
            if not self._answer(me, found, readable=False):
                self._ring()
                return False

    def _answer(self, me: int, member: Member, *, readable: bool) -> bool:
        """Answer one client; return whether this thread still leads."""
        start = time.monotonic()
        with self._lock:
            if self._leader != me:
                return False  # since the last answer: who leads now is told of this one, too
            self._current, self._since = (member,), start
            self._answers += 1
            if not readable:
                self._called.discard(member)
            if not self._looks:
                self._looks = True
                self._after(_PATIENCE, self._look)
            expected = member.slow and self._hand_on()
        after: After | None
        try:
            after = member.answer(readable=readable)
        except Exception:  # noqa: BLE001
            after = _failed()
        slow = time.monotonic() - start > _QUICK
        with self._lock:
            leads = self._leader == me
            if leads or expected:
                member.slow = slow
            if leads and after is not After.END:
                self._current = ()
                if after is After.SETTLING:
                    self._unsynced.append(member)
                return True
        if after is After.SETTLING:
            after = _outcome(member.settle)
        return self._answered(me, member, after)

    def _answered(self, me: int, member: Member, after: After | None) -> bool:
        """Let go of a client; return whether this thread still leads."""
        with self._lock:
            leads = self._leader == me
            if leads:
                if after is not After.END:
                    self._current = ()
                    return True
                leads = self._hand_on_or_part()  # closing a database may take its time
        self._give_back(member, after)
        return leads

    def _settle(self, me: int) -> bool:
        """Say what waits for the disk; return whether this thread still leads."""
        if self._unsynced and not self._sync(me):
            return False
        while self._unsettled:
            with self._lock:
                if self._leader != me:
                    return False
                member = self._unsettled.pop(0)
                if self._idle.get(member.fileno()) is not member:
                    continue  # gone meanwhile
                self._current, self._since = (member,), time.monotonic()
            if not self._answered(me, member, _outcome(member.settle)):
                return False
        return True

    def _sync(self, me: int) -> bool:
        """Wait for the disk, for all who have to; return whether this thread still leads."""
        start = time.monotonic()
        with self._lock:
            if self._leader != me:
                return False
            members, self._unsynced = self._unsynced, []
            self._current, self._since = members, start
            if self._disk_is_slow:
                self._hand_on()
        for each in members:
            _outcome(each.sync)
        self._disk_is_slow = time.monotonic() - start > _QUICK_DISK
        with self._lock:
            leads = self._leader == me
            self._unsettled += members  # for who leads: a client that does not read must not keep the others
            if leads:
                self._current = ()
            else:
                for each in members:
                    self._wait_for(each)
        if not leads:
            self._ring()
        return leads

    # ---- from one leader to the next ----

    def _hand_on(self) -> bool:
        """Let another thread lead, and keep those whom this one is busy with; False where there can be none."""
        leader, self._leader = self._leader, _COMING
        if not self._called_one():
            self._leader = leader
            return False
        self._part()
        return True

    def _hand_on_or_part(self) -> bool:
        """Let another thread lead if there can be one; return whether this one still does."""
        if self._hand_on():
            return False
        self._part()
        return True

    def _part(self) -> None:
        """Wait no longer for those whom this thread is busy with."""
        for each in self._current:
            del self._idle[each.fileno()]
            self._ready.remove(each.fileno())
        self._current = ()

    def _called_one(self) -> bool:
        if self._resting:
            self._resting -= 1
            self._calls.put(True)
            return True
        thread = threading.Thread(target=self._work, name="heliosdb-crew", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads
            return False
        self._threads.add(thread)
        return True

    def _look(self) -> None:
        """See whether the leader has been at one answer for too long: called every few milliseconds while it works."""
        with self._lock:
            if self._stopped:
                return
            if self._current and time.monotonic() - self._since >= _PATIENCE:
                slow = self._current
                if self._hand_on() and len(slow) == 1:
                    slow[0].slow = True
            self._nothing_new = self._nothing_new + 1 if self._answers == self._seen else 0
            self._seen = self._answers
            self._looks = self._nothing_new < _LOOKS or bool(self._current)
            if self._looks:
                self._after(_PATIENCE, self._look)

    # ---- clients ----

    def _wait_for(self, member: Member) -> None:
        self._idle[member.fileno()] = member
        self._ready.add(member.fileno())
        if not self._ready.notices:
            self._ring()

    def _give_back(self, member: Member, after: After | None) -> None:
        """A thread that no longer leads is done with a client."""
        if after is After.END:
            _outcome(member.finish)
            with self._emptied:
                self._called.discard(member)
                self._everyone.discard(member)
                if not self._everyone:
                    self._emptied.notify_all()
            return
        with self._lock:
            if self._idle.get(member.fileno()) is not member:
                self._wait_for(member)
            called = member in self._called
        if called:
            self._ring()

    def _ring(self) -> None:
        try:
            self._ringer.send(b"!")
        except OSError:  # full, so it rings already; or closed
            pass


def _outcome(work: Callable[[], After | None]) -> After | None:
    """Return what is left to do for a client; it ends where something fails that it has not dealt with."""
    try:
        return work()
    except Exception:  # noqa: BLE001
        return _failed()


def _failed() -> After:
    _LOG.exception("answering a client failed")
    return After.END
