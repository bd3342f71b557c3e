"""TCP ports: checks that one is free, finds free ones."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
import socket

from .errors import DemoError


def _bind(port: int) -> socket.socket:
    """Bind a port on all addresses, as the two servers do."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("0.0.0.0", port))
    except OSError:
        taken.close()
        raise
    return taken


def require_free(port: int, *, option: str) -> None:
    """Raise `DemoError` if `port` is in use. `option` is the command-line option that selects another."""
    try:
        _bind(port).close()
    except OSError as err:
        raise DemoError(f"port {port} is taken ({err.strerror}): choose another with {option}") from err


def free_ports(count: int) -> Iterator[int]:
    """Yield `count` different free ports. All are bound at the same time, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(closing(_bind(0))) for _ in range(count)]
        ports = [int(one.getsockname()[1]) for one in sockets]
    yield from ports
