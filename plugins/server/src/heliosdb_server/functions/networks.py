"""Functions of inet, cidr and macaddr."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

from ..protocol.errors import PgError
from ..types import network
from ..types.network import Network, cidr_in, inet_in
from .marks import collected


def _text(found: Network) -> str:
    return inet_in(f"{found.address}/{found.bits}")


def pg_inet_order(value: Any) -> str:
    return network.order(value)


def pg_inet_of_order(key: str) -> str:
    network_bits, _, rest = key[1:].partition(" ")
    number = int(network_bits + rest, 2)
    address = IPv4Address(number) if key[0] == "4" else IPv6Address(number)
    return _text(Network(address, len(network_bits)))


def pg_host(value: Any) -> str:
    return inet_in(value).partition("/")[0]


def pg_inet_text(value: Any) -> str:
    return f"{pg_host(value)}/{network.network(value).bits}"


def pg_masklen(value: Any) -> int:
    return network.network(value).bits


def pg_set_masklen(value: Any, bits: int) -> str:
    found = network.network(value)
    bits = found.all_bits if bits == -1 else bits
    if not 0 <= bits <= found.all_bits:
        raise PgError("22023", f"invalid mask length: {bits}")
    return _text(Network(found.address, bits))


def pg_family(value: Any) -> int:
    return network.network(value).address.version


def pg_network(value: Any) -> str:
    found = network.network(value).masked()
    return cidr_in(f"{found.address}/{found.bits}")


def pg_broadcast(value: Any) -> str:
    found = network.network(value)
    last = found.number | (1 << found.all_bits - found.bits) - 1
    return _text(Network(type(found.address)(last), found.bits))


def pg_netmask(value: Any) -> str:
    found = network.network(value)
    rest = found.all_bits - found.bits
    return _text(Network(type(found.address)((1 << found.all_bits) - 1 >> rest << rest), found.all_bits))


def pg_hostmask(value: Any) -> str:
    found = network.network(value)
    return _text(Network(type(found.address)((1 << found.all_bits - found.bits) - 1), found.all_bits))


def pg_inet_same_family(a: Any, b: Any) -> int:
    return int(pg_family(a) == pg_family(b))


def pg_inet_within(op: str, a: Any, b: Any) -> int:
    one, two = network.network(a), network.network(b)
    if op == "&&":
        return int(one.contains(two) or two.contains(one))
    inner, outer = (one, two) if op.startswith("<<") else (two, one)
    return int(outer.contains(inner) and (op.endswith("=") or inner.bits > outer.bits))


FUNCTIONS = collected(globals())
