"""Whom to count as one, where only an address is known."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what stands for all addresses that one machine can use as it likes: an IPv4 address, or an IPv6 network of 64 bits.

    Text that is not an IP address (a Unix socket's peer has none) stands for itself.
    """
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(parsed) >> 64 << 64)}/64"
