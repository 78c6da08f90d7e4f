"""A reader of closed encrypted databases, written from docs/formats/crypto.md alone: it shares no code with the plugin.

python decryptor.py secret.db plain.db 6b6b6b...   (the key, in hexadecimal)
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap


def hkdf(secret: bytes, info: bytes, salt: bytes | None = None, length: int = 32) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def stretch(key: bytes | str, derivation: bytes, salt: bytes) -> bytes:
    """A user's key, as it wraps other keys."""
    code, a, b, c = derivation
    if code == 0:
        secret = key
    elif code == 1:
        secret = Scrypt(salt=salt, length=32, n=1 << a, r=b, p=c).derive(key.encode())
    elif code == 2:
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        secret = Argon2id(salt=salt, length=32, iterations=b, lanes=c, memory_cost=1 << a).derive(
            key.encode()
        )
    else:
        raise ValueError(f"derivation {code}")
    return hkdf(secret, b"HeliosDB envelope" + derivation, salt)


def decrypt(data: bytes, key: bytes | str) -> bytes:
    """Return the plain SQLite database in an encrypted one."""
    magic, version, exponent = data[:8], data[8], data[9]
    if magic != b"HeliosDB" or version != 1:
        raise ValueError("no encrypted database of version 1")
    size = 1 << exponent
    envelope = data[size - 96 : size - 40]
    data_key = aes_key_unwrap(stretch(key, data[10:14], envelope[:16]), envelope[16:])
    root = hkdf(data_key, b"HeliosDB pages")
    pages = []
    for number in range(1, len(data) // size + 1):
        page = data[(number - 1) * size : number * size]
        session, nonce = page[-24:-12], page[-12:]
        cipher = AESGCM(hkdf(root, b"HeliosDB session" + session))
        name = struct.pack(">I", number)
        if number == 1:
            sealed, tag = page[16 : size - 96], page[size - 40 : size - 24]
            opened = cipher.decrypt(nonce, sealed + tag, name + page[:16] + envelope)
            pages.append(b"SQLite format 3\0" + opened + bytes(96))
        else:
            pages.append(cipher.decrypt(nonce, page[: size - 24], name) + bytes(40))
    return b"".join(pages)


def open_value(sealed: bytes, key: bytes | str, rows: list[tuple[bytes, bytes, bytes]]) -> object:
    """Return a value of an encrypted column. ``rows`` are id, derivation, envelope of heliosdb_crypto_keys."""
    mode, key_id, column_id = sealed[4:5], sealed[5:9], sealed[9:17]
    derivation, envelope = next((each[1], each[2]) for each in rows if each[0] == key_id)
    secret = aes_key_unwrap(stretch(key, derivation, envelope[:16]), envelope[16:])
    header, rest = sealed[:17], sealed[17:]
    if mode == b"R":
        cipher = AESGCM(hkdf(secret, b"HeliosDB column R" + key_id + column_id))
        opened = cipher.decrypt(rest[:12], rest[12:], header)
    else:
        opened = AESSIV(hkdf(secret, b"HeliosDB column D" + key_id + column_id, length=64)).decrypt(
            rest, [header]
        )
    kind, data = opened[:1], opened[1:]
    if kind == b"t":
        return data.decode()
    if kind == b"i":
        return int.from_bytes(data, "big", signed=True)
    return struct.unpack(">d", data)[0] if kind == b"f" else data


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(decrypt(Path(sys.argv[1]).read_bytes(), bytes.fromhex(sys.argv[3])))
