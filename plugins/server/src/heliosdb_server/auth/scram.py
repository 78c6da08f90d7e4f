"""SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side, with and without channel binding.

Written here because what matters is what libraries leave to their users: every comparison takes the same time whatever
the bytes, and a name that is nobody's gets the same conversation as one that is somebody's.
"""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import stringprep
import unicodedata
from typing import NamedTuple

from ..protocol.errors import PgError

MECHANISM, MECHANISM_PLUS = "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"
ITERATIONS = 4096
_VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")


class Verifier(NamedTuple):
    """What is kept of a password: enough to check it, not enough to log in with it."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def __repr__(self) -> str:
        return "Verifier(...)"

    def __str__(self) -> str:
        """The form in which PostgreSQL keeps it in pg_authid."""
        salt, stored, server = (base64.b64encode(each).decode() for each in self[1:])
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"


def verifier(password: str, *, iterations: int = ITERATIONS, salt: bytes | None = None) -> Verifier:
    """Return the verifier of a password."""
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return Verifier(iterations, salt, hashlib.sha256(client_key).digest(), server_key)


def parsed(text: str) -> Verifier:
    """Return the verifier that a text, as :meth:`Verifier.__str__` writes it, stands for.

    :raises ValueError: it is none
    """
    match = _VERIFIER.fullmatch(text)
    if match is None:
        raise ValueError("not a SCRAM-SHA-256 verifier")
    salt, stored, server = (base64.b64decode(each) for each in match.groups()[1:])
    return Verifier(int(match[1]), salt, stored, server)


def nobodys(name: str, secret: bytes) -> Verifier:
    """Return a verifier that no password fits, the same for a name each time."""
    salt = hmac.digest(secret, name.encode(), "sha256")
    return Verifier(ITERATIONS, salt[:16], secrets.token_bytes(32), salt)


def prepared(password: str) -> bytes:
    """Return a password as SASLprep (RFC 4013) has it; one that may not be prepared stays as it is, as in PostgreSQL."""
    if password.isascii():
        return password.encode()
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char
        for char in password
        if not stringprep.in_table_b1(char)
    )
    text = unicodedata.normalize("NFKC", mapped)
    forbidden = (
        stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4,
        stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
        stringprep.in_table_c9, stringprep.in_table_a1,
    )  # fmt: skip
    if not text or any(check(char) for char in text for check in forbidden):
        return password.encode()
    if any(map(stringprep.in_table_d1, text)):
        both = any(map(stringprep.in_table_d2, text))
        if both or not (stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])):
            return password.encode()
    return text.encode()


class Exchange:
    """One conversation. ``first`` takes the client's first message, ``final`` its proof.

    :param binding: the data that a client with channel binding must name; None without TLS
    """

    def __init__(self, known: Verifier, mechanism: str, binding: bytes | None) -> None:
        self._known = known
        self._plus = mechanism == MECHANISM_PLUS
        self._binding = binding
        self._header = ""
        self._bare = ""
        self._first = ""
        self._nonce = ""

    def first(self, message: bytes) -> bytes:
        """Return the server's first message."""
        match = re.fullmatch(
            r"((n|y|p=([\w.-]+)),(?:a=[^,]*)?,)(n=[^,]*,r=([!-+\--~]+)(?:,.*)?)", _text(message)
        )
        if match is None:
            raise _malformed()
        self._header, flag, kind, self._bare, theirs = match.groups()
        if (flag[0] == "p") != self._plus or (self._plus and kind != "tls-server-end-point"):
            raise _malformed()
        if flag == "y" and self._binding is not None:
            raise PgError(
                "28000",
                "SCRAM channel binding negotiation error: the client thinks that the server has none",
                fatal=True,
            )
        self._nonce = theirs + base64.b64encode(secrets.token_bytes(18)).decode()
        salt = base64.b64encode(self._known.salt).decode()
        self._first = f"r={self._nonce},s={salt},i={self._known.iterations}"
        return self._first.encode()

    def final(self, message: bytes) -> bytes | None:
        """Return the server's last message; None when the proof is wrong."""
        text = _text(message)
        match = re.fullmatch(r"(c=([A-Za-z0-9+/=]+),r=([^,]+)(?:,[^p].*?)?),p=([A-Za-z0-9+/=]+)", text)
        if match is None:
            raise _malformed()
        without, channel, nonce, proof64 = match.groups()
        expected = self._header.encode() + ((self._binding or b"") if self._plus else b"")
        try:
            bound, proof = base64.b64decode(channel, validate=True), base64.b64decode(proof64, validate=True)
        except ValueError:
            raise _malformed() from None
        same = hmac.compare_digest(bound, expected)
        same &= hmac.compare_digest(nonce.encode(), self._nonce.encode())
        signed = f"{self._bare},{self._first},{without}".encode()
        signature = hmac.digest(self._known.stored_key, signed, "sha256")
        key = bytes(a ^ b for a, b in zip(proof.ljust(32, b"\0")[:32], signature, strict=True))
        same &= hmac.compare_digest(hashlib.sha256(key).digest(), self._known.stored_key) and len(proof) == 32
        if not same:
            return None
        server = hmac.digest(self._known.server_key, signed, "sha256")
        return b"v=" + base64.b64encode(server)


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise _malformed() from None


def _malformed() -> PgError:
    return PgError("08P01", "malformed SCRAM message", fatal=True)


_HASHES = (  # signature algorithms in DER, and the hash that channel binding takes for each (RFC 5929)
    (bytes.fromhex("06092a864886f70d01010c"), "sha384"),
    (bytes.fromhex("06092a864886f70d01010d"), "sha512"),
    (bytes.fromhex("06082a8648ce3d040303"), "sha384"),
    (bytes.fromhex("06082a8648ce3d040304"), "sha512"),
    (bytes.fromhex("06092a864886f70d01010b"), "sha256"),
    (bytes.fromhex("06082a8648ce3d040302"), "sha256"),
    (bytes.fromhex("06092a864886f70d010105"), "sha256"),  # SHA-1, for which SHA-256 is to be taken
)


def end_point(certificate: bytes) -> bytes | None:
    """Return the channel binding data of a server's certificate (DER); None when its signature has no such hash."""
    for oid, name in _HASHES:
        if oid in certificate:
            return hashlib.new(name, certificate).digest()
    return None
