"""Normalises the address of a home, as users type or paste it."""

from ipaddress import IPv6Address, ip_address
import re

from yarl import URL

ADDRESS_MAX = 300
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?")
# Addresses without a scheme get http:// for these suffixes: local networks rarely have certificates.
LOCAL_NAMES = (".local", ".lan", ".home", ".internal", ".home.arpa", "localhost")


class InvalidAddressError(Exception):
    """This cannot be the address of a home."""


def normalise_address(raw: str) -> str:
    """Return the origin of a home, such as `http://homeassistant.local:8123`.

    Users paste what their browser shows, so a path is dropped: Home Assistant is served at the root of its host.
    Raises InvalidAddressError for schemes other than http and https, credentials, and hosts that a
    Content-Security-Policy cannot name, such as IPv6 literals.
    """
    text = raw.strip()
    if not text or len(text) > ADDRESS_MAX:
        raise InvalidAddressError
    if "://" not in text:
        text = f"{_likely_scheme(text)}://{text}"
    try:
        url = URL(text)
        host, port = (url.host or "").lower().encode("idna").decode(), url.explicit_port
    except ValueError as err:
        raise InvalidAddressError from err
    if url.scheme not in {"http", "https"} or url.raw_user or url.raw_password or port == 0:
        raise InvalidAddressError
    if not HOST.fullmatch(host):
        raise InvalidAddressError
    return str(URL.build(scheme=url.scheme, host=host.rstrip("."), port=port).origin())


def is_public(ip: str) -> bool:
    """Return whether this IP address is globally routable, not one of a private network or of this machine."""
    address = ip_address(ip)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast


def _likely_scheme(text: str) -> str:
    host = re.split(r"[:/]", text.lower(), maxsplit=1)[0]
    is_ip = host.replace(".", "").isdigit()
    return "http" if is_ip or "." not in host or host.endswith(LOCAL_NAMES) else "https"
