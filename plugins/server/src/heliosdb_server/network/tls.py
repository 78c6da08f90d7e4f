"""TLS: at least 1.2, with the server's certificate, and the clients' where they are asked for."""

from __future__ import annotations

import os
import sqlite3
import ssl
from typing import NamedTuple

from ..auth.scram import end_point


class Tls(NamedTuple):
    """What the server needs to speak TLS."""

    context: ssl.SSLContext
    binding: bytes | None  # for SCRAM-SHA-256-PLUS


def make(certificate: str, key: str | None, ca: str | None, *, want_client: bool) -> Tls:
    """Return the server's side of TLS.

    :param ca: the certificates that clients' must be signed by
    :param want_client: refuse clients without a certificate
    :raises ProgrammingError: a file is missing, or is not what it should be
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    for name, path in (("ssl_cert", certificate), ("ssl_key", key), ("ssl_ca", ca)):
        if path is not None and not os.path.exists(path):
            raise sqlite3.ProgrammingError(f"{name}={path!r}: there is no such file")
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
        if ca is not None:
            context.load_verify_locations(ca)
            context.verify_mode = ssl.CERT_REQUIRED if want_client else ssl.CERT_OPTIONAL
    except (ssl.SSLError, OSError, ValueError) as error:
        raise sqlite3.ProgrammingError(
            f"ssl_cert={certificate!r}, ssl_key={key!r}: TLS can't be set up: {error}"
        ) from None
    with open(certificate, encoding="ascii", errors="replace") as file:
        text = file.read()
    begin, end = text.find("-----BEGIN CERTIFICATE"), text.find("-----END CERTIFICATE-----")
    binding = end_point(ssl.PEM_cert_to_DER_cert(text[begin : end + 25] + "\n")) if begin >= 0 else None
    return Tls(context, binding)


def _no_password() -> str:
    raise ValueError("the key is encrypted; a server that starts by itself needs one that is not")


def common_name(certificate: object) -> str | None:
    """Return the CN of a client's certificate as :meth:`ssl.SSLSocket.getpeercert` returns it."""
    if not isinstance(certificate, dict):
        return None
    for part in certificate.get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return str(value)
    return None
