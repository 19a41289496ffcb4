"""The guard against requests into the inner network, for providers that do not belong there.

A name is looked at twice: when the provider is saved, so that whoever adds it is told, and at each connection, where
the very address that is about to be connected to is judged. So nothing is gained by a name that changes its mind.
"""

import socket
from typing import Any

from core.domain.addresses import host_of, is_outside
from core.errors import InvalidRequest


class InnerAddress(OSError):
    """A connection that was not made: its address is not outside."""

    def __init__(self) -> None:
        super().__init__("an address of the inner network")


def guarded_socket(address: tuple[Any, ...]) -> socket.socket:
    """Return a socket for one answer of `getaddrinfo`, which is connected to next. Raises `InnerAddress`."""
    family, kind, protocol, _, place = address
    if not is_outside(place[0]):
        raise InnerAddress
    return socket.socket(family, kind, protocol)


def require_outside(base_url: str) -> None:
    """Raise `InvalidRequest` unless every address of the host is outside. It blocks while the name is looked up."""
    host, port = host_of(base_url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InvalidRequest(f"The address {host} cannot be found. Correct the base URL.") from None
    if not all(is_outside(str(place[0])) for *_, place in found):
        raise InvalidRequest(
            f"{host} leads into the inner network, where the lab sends nothing unless that is allowed. Allow it for "
            "this provider, or correct the base URL."
        )
