"""Addresses of networks and machines: inet, cidr and macaddr, as text and in PostgreSQL's binary format."""

from __future__ import annotations

import re
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, NamedTuple

from ..protocol.errors import PgError
from . import numbers

_MAC = re.compile(
    r"[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{6}[:-][0-9a-f]{6}|(?:[0-9a-f]{4}[.-]){2}[0-9a-f]{4}",
    re.IGNORECASE,
)
_FAMILIES = {4: 2, 6: 3}  # in the binary format


class Network(NamedTuple):
    """An address, and how many of its bits are the network's."""

    address: IPv4Address | IPv6Address
    bits: int

    @property
    def all_bits(self) -> int:
        """How many bits there are."""
        return self.address.max_prefixlen

    @property
    def number(self) -> int:
        """The address as a number."""
        return int(self.address)

    def masked(self) -> Network:
        """Return the network alone, without the bits of a machine."""
        rest = self.all_bits - self.bits
        return Network(type(self.address)(self.number >> rest << rest), self.bits)

    def contains(self, other: Network) -> bool:
        """Is another network this one or a part of it?"""
        if self.address.version != other.address.version or other.bits < self.bits:
            return False
        rest = self.all_bits - self.bits
        return self.number >> rest == other.number >> rest


def _class_bits(first: int) -> int:
    """Return how many bits are the network's by the class that an address of four bytes is of."""
    return 32 if first >= 240 else 8 if first >= 224 else 24 if first >= 192 else 16 if first >= 128 else 8


def network(value: Any, kind: str = "inet") -> Network:
    """Return what an inet or cidr stands for.

    :raises PgError: it is none
    """
    text = str(value).strip()
    plain, slash, mask = text.partition("/")
    try:
        if kind == "cidr" and ":" not in plain:
            parts = plain.split(".")
            plain = ".".join((parts + ["0"] * 4)[: max(4, len(parts))])
            mask = mask or str(max(8 * len(parts), _class_bits(int(parts[0]))))
        address = ip_address(plain)
        if getattr(address, "scope_id", None) or (slash and not mask.isdigit()):
            raise ValueError
        bits = int(mask) if mask else address.max_prefixlen
        if bits > address.max_prefixlen:
            raise ValueError
    except ValueError:
        raise numbers.wrong(kind, text) from None
    found = Network(address, bits)
    if kind == "cidr" and found.masked() != found:
        raise PgError("22P02", f'invalid cidr value: "{text}"', detail="Value has bits set to right of mask.")
    return found


def _written(address: IPv4Address | IPv6Address) -> str:
    mapped = getattr(address, "ipv4_mapped", None)
    return f"::ffff:{mapped}" if mapped is not None else str(address)


def inet_in(text: Any) -> str:
    """Return an inet in its usual form: without the bits of the mask where these are all."""
    found = network(text)
    return _written(found.address) + (f"/{found.bits}" if found.bits != found.all_bits else "")


def cidr_in(text: Any) -> str:
    """Return a cidr in its usual form."""
    found = network(text, "cidr")
    return f"{_written(found.address)}/{found.bits}"


def macaddr_in(text: Any) -> str:
    """Return the address of a network card in its usual form: six bytes with colons between them."""
    if not _MAC.fullmatch(str(text).strip()):
        raise numbers.wrong("macaddr", text)
    digits = re.sub(r"[^0-9a-f]", "", str(text).lower())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def order(text: Any) -> str:
    """Return what inet and cidr sort by: the family, the network's bits, how many these are, and the others."""
    found = network(text)
    digits = f"{found.number:0{found.all_bits}b}"
    return f"{found.address.version}{digits[: found.bits]} {digits[found.bits :]}"


def inet_binary(value: Any) -> bytes:
    """Return PostgreSQL's binary format of an inet."""
    return _binary(network(value), is_cidr=False)


def cidr_binary(value: Any) -> bytes:
    """Return PostgreSQL's binary format of a cidr."""
    return _binary(network(value, "cidr"), is_cidr=True)


def _binary(found: Network, *, is_cidr: bool) -> bytes:
    packed = found.address.packed
    return bytes((_FAMILIES[found.address.version], found.bits, is_cidr, len(packed))) + packed


def inet_read(data: bytes) -> str:
    """Return the text of an inet in the binary format."""
    return inet_in(_read(data))


def cidr_read(data: bytes) -> str:
    """Return the text of a cidr in the binary format."""
    return cidr_in(_read(data))


def _read(data: bytes) -> str:
    family, bits, _, count = struct.unpack_from("!4B", data)
    if len(data) != 4 + count or count != {2: 4, 3: 16}.get(family):
        raise struct.error
    return f"{ip_address(data[4:])}/{bits}"


def macaddr_binary(value: Any) -> bytes:
    """Return PostgreSQL's binary format of a macaddr."""
    return bytes.fromhex(macaddr_in(value).replace(":", ""))


def macaddr_read(data: bytes) -> str:
    """Return the text of a macaddr in the binary format."""
    if len(data) != 6:
        raise struct.error
    return data.hex(":")
