"""Sources: what the address of a request counts as, for every limit that is kept per source."""

from ipaddress import IPv6Address, ip_address
from typing import Final

# The smallest prefix assigned to a subscriber (RFC 6177), so that nobody gets many budgets by changing addresses.
IPV6_PREFIX_BITS: Final = 64


def source_of(remote: str | None) -> str:
    """Return the source an address counts as: an IPv4 address itself, an IPv6 address by its /64."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return remote or "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    prefix = int(address) >> (128 - IPV6_PREFIX_BITS) << (128 - IPV6_PREFIX_BITS)
    return f"{IPv6Address(prefix)}/{IPV6_PREFIX_BITS}"
