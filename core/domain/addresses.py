"""Addresses of providers: what may be written as one, and which of them lie outside the inner network."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidRequest

LONGEST_URL = 500
ADVICE = "Write it as the provider does, such as https://api.example.com/v1."

_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")
_PATH = re.compile(r"[\w.~!$&'()*+,;=:@%/-]*", re.ASCII)
_GLOBAL = IPv6Network("2000::/3")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
_NOBODYS = [
    ip_network(network)
    for network in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20")
]
"""What counts as global, or does in some versions of Python, and is none the less: Azure's own host, which answers from
inside; protocol assignments, relays, and documentation."""


def base_url_of(text: str, *, plain: bool = False) -> str:
    """Return a base URL as it is kept: without a slash at its end, its host in small letters.

    It is `https`, or `http` if it may go over the wire in `plain` sight. Raises `InvalidRequest`.
    """
    parts = _parts(text.strip())
    if parts.scheme not in ("https", "http"):
        raise InvalidRequest(f"Begin the base URL with https://. {ADVICE}")
    if parts.scheme == "http" and not plain:
        raise InvalidRequest("Begin the base URL with https://. Over http, anybody on the way could read the key.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidRequest(f"The base URL has no user, no question mark and no hash. {ADVICE}")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(parts.path):
        raise InvalidRequest(f"This is no base URL. {ADVICE}")
    return f"{_origin(parts)}{parts.path.rstrip('/')}"


def origin_of(base_url: str) -> str:
    """Return where a base URL leads: its scheme, its host and, if it names another than usual, its port."""
    return _origin(urlsplit(base_url))


def host_of(base_url: str) -> tuple[str, int]:
    """Return the host and the port of a base URL."""
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or _usual_port(parts)


def is_outside(address: str) -> bool:
    """Return whether an IP address is one of the public internet, and so is whatever it carries inside itself.

    Neither is what is private, loopback, link-local (where clouds keep their metadata), shared, reserved, multicast or
    for documentation, nor what is written in a way that only some would read as an address.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return _is_outside_v4(found)
    inner = _carried(found)
    return _is_outside_v4(inner) if inner else found in _GLOBAL and _is_somebodys(found)


def _is_outside_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and _is_somebodys(address)


def _is_somebodys(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not any(address in network for network in _NOBODYS)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The address that a network would translate this one to."""
    if address in _SIX_TO_FOUR:
        return address.sixtofour
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else address.ipv4_mapped


def _parts(text: str) -> SplitResult:
    if len(text) > LONGEST_URL:
        raise InvalidRequest(f"The base URL is longer than {LONGEST_URL} characters. {ADVICE}")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise InvalidRequest(f"This is no base URL. {ADVICE}") from None
    return parts


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _usual_port(parts)) else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}"


def _usual_port(parts: SplitResult) -> int:
    return 80 if parts.scheme == "http" else 443
