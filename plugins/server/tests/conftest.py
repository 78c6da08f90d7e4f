"""What the server's tests share: a served file, and ways to talk to it."""

from __future__ import annotations

import datetime as dt
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import heliosdb_sqlite

sys.path.insert(0, str(Path(__file__).parent))  # for server_kit


def pytest_terminal_summary(terminalreporter):
    """Say which of the programs that these tests talk to are not on this machine."""
    for report in terminalreporter.getreports("passed"):
        for name, said in report.user_properties:
            if name in ("oracle", "client"):
                terminalreporter.write_line(f"NOTE {said}", yellow=True, bold=True)


@pytest.fixture
def path(tmp_path):
    """A database file with two small tables."""
    file = tmp_path / "app.db"
    connection = sqlite3.connect(file)
    connection.executescript(
        """CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, active BOOLEAN DEFAULT 1);
           INSERT INTO users VALUES (1, 'ann', 'ann@x', 1), (2, 'bob', 'bob@x', 0), (3, 'cat', NULL, 1);
           CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), title VARCHAR(40));
           INSERT INTO posts VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three');"""
    )
    connection.close()
    return file


@pytest.fixture
def server(path) -> Iterator:
    """The file, served on a free port."""
    with heliosdb_sqlite.start_server(path, port=0) as running:
        yield running


@pytest.fixture
def connect(server):
    """Opens connections of psycopg2 to the server, and closes them at the end."""
    import psycopg2

    opened = []

    def open_one(**keywords):
        connection = psycopg2.connect(server.url, **keywords)
        opened.append(connection)
        return connection

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A certificate for the server, and one for a client named ann, each signed by one authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("certificates")
    now = dt.datetime.now(dt.timezone.utc)

    def make(name, issuer=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer, signing = issuer if issuer is not None else (subject, key)
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(signer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=9))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .sign(signing, hashes.SHA256())
        )  # fmt: skip
        (folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{name}.key").write_bytes(private)
        (folder / f"{name}.key").chmod(0o600)
        return subject, key

    authority = make("authority")
    for name in ("localhost", "ann", "bob"):
        make(name, authority)
    make("stranger")
    return folder
