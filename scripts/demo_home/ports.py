"""Ports: whether one is free, and which one is."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
import socket

from .errors import DemoError


def _bind(port: int) -> socket.socket:
    """Bind a port on all addresses, the way the two servers will."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("0.0.0.0", port))
    except OSError:
        taken.close()
        raise
    return taken


def require_free(port: int, *, option: str) -> None:
    """Raise `DemoError` where something else listens on `port`; `option` is the way to choose another."""
    try:
        _bind(port).close()
    except OSError as err:
        raise DemoError(f"port {port} is taken ({err.strerror}): choose another with {option}") from err


def free_ports(count: int) -> Iterator[int]:
    """Yield `count` different free ports, found while all of them are held."""
    with ExitStack() as held:
        sockets = [held.enter_context(closing(_bind(0))) for _ in range(count)]
        ports = [int(one.getsockname()[1]) for one in sockets]
    yield from ports
