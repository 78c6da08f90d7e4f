"""The server's side of SCRAM-SHA-256 against a client that does what RFC 5802 says, and what it forbids."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from heliosdb_server.auth.scram import MECHANISM, MECHANISM_PLUS, Exchange, nobodys, verifier
from heliosdb_server.protocol.errors import PgError

PASSWORD, KNOWN = "correct horse", verifier("correct horse", iterations=16)
CHANNEL = b"the hash of a certificate"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Client:
    """A client that says what it is told to say."""

    def __init__(self, password=PASSWORD, header="n,,", channel=b"", nonce=None, cut=32):
        self.password, self.header, self.channel, self.nonce, self.cut = password, header, channel, nonce, cut
        self.bare = "n=ann,r=fyko+d2lbbFgONRv9qkxdawL"

    def first(self) -> bytes:
        return f"{self.header}{self.bare}".encode()

    def final(self, answer: bytes) -> bytes:
        nonce, salt, rounds = (part[2:] for part in answer.decode().split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(salt), int(rounds))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = f"c={encoded(self.header.encode() + self.channel)},r={self.nonce or nonce}"
        self.signed = f"{self.bare},{answer.decode()},{without}".encode()
        self.server_key = hmac.digest(salted, b"Server Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), self.signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return f"{without},p={encoded(proof[: self.cut].ljust(self.cut, b'!'))}".encode()


def talk(client: Client, exchange: Exchange) -> bytes | None:
    return exchange.final(client.final(exchange.first(client.first())))


def test_the_right_password_is_answered_by_the_proof_that_the_server_knows_it():
    client = Client()
    said = talk(client, Exchange(KNOWN, MECHANISM, None))
    assert said == b"v=" + base64.b64encode(hmac.digest(client.server_key, client.signed, "sha256"))


@pytest.mark.parametrize(
    "client",
    [
        Client(password="another horse"),
        Client(nonce="fyko+d2lbbFgONRv9qkxdawL"),  # only its own half, as in a conversation said again
        Client(channel=CHANNEL),  # of a header without binding
        Client(cut=31),
        Client(cut=33),  # the right proof, and a byte behind it
    ],
    ids=["password", "nonce", "channel", "short", "long"],
)
def test_every_other_proof_is_wrong(client):
    assert talk(client, Exchange(KNOWN, MECHANISM, None)) is None


def test_no_proof_at_all_is_no_message():
    with pytest.raises(PgError, match="malformed"):
        talk(Client(cut=0), Exchange(KNOWN, MECHANISM, None))


def test_nobody_has_a_password():
    assert talk(Client(), Exchange(nobodys("ann", b"secret"), MECHANISM, None)) is None


def test_the_channel_is_bound_to_the_certificate():
    header = "p=tls-server-end-point,,"
    assert talk(Client(header=header, channel=CHANNEL), Exchange(KNOWN, MECHANISM_PLUS, CHANNEL)) is not None
    for between in (b"", b"the hash of another certificate"):
        client = Client(header=header, channel=between)
        assert talk(client, Exchange(KNOWN, MECHANISM_PLUS, CHANNEL)) is None


@pytest.mark.parametrize(
    ("header", "mechanism"),
    [
        ("y,,", MECHANISM),  # the client was made to believe that the server can't bind
        ("p=tls-server-end-point,,", MECHANISM),
        ("p=tls-unique,,", MECHANISM_PLUS),
        ("n,,", MECHANISM_PLUS),
    ],
)
def test_binding_can_t_be_talked_away(header, mechanism):
    with pytest.raises(PgError):
        Exchange(KNOWN, mechanism, CHANNEL).first(Client(header=header).first())


def test_a_client_that_could_bind_logs_in_without_tls():
    assert talk(Client(header="y,,"), Exchange(KNOWN, MECHANISM, None)) is not None


def test_each_conversation_has_a_nonce_of_its_own():
    answers = {Exchange(KNOWN, MECHANISM, None).first(Client().first()) for _ in range(3)}
    assert len(answers) == 3
