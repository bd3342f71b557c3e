"""Offers Engine.IO handshakes from one address at a steady rate, whatever they are answered. A process of its own.

    flooder.py HOST PORT SOURCE TRANSPORT RATE

Every other handshake comes on a connection of its own, the rest on kept ones. A session that is opened stays and sends
nothing more. Each line on stdin is answered by one on stdout: how long it has run, how many handshakes it has sent, and
how many of them were answered by which status.
"""

from collections import Counter, deque
import json
import os
import re
import selectors
import socket
import sys
import time

KEPT = 16
FRESH = 64  # well below what a listening socket holds for its process to accept
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


class Connection:
    """One connection, and the handshakes on it that are not answered yet."""

    def __init__(self, flood: Flood, *, kept: bool) -> None:
        self.flood = flood
        self.kept = kept
        self.waiting = 0
        self.open = True
        self.refused = False
        self._unsent = b""
        self._tail = b""
        self.socket = socket.socket()
        self.socket.setblocking(False)  # noqa: FBT003 - the name of the method says it
        self.socket.bind((flood.source, 0))
        self.socket.connect_ex(flood.address)
        flood.selector.register(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def offer(self, request: bytes) -> None:
        self._unsent += request
        self.waiting += 1
        self.flood.selector.modify(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def act(self, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                self._write()
            if events & selectors.EVENT_READ:
                self._read()
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def _write(self) -> None:
        size = len(self.flood.request)
        while self._unsent:
            taken = self.socket.send(self._unsent[:size])
            self._unsent = self._unsent[taken:]
            self.flood.sent += not len(self._unsent) % size
        self.flood.selector.modify(self.socket, selectors.EVENT_READ, self)

    def _read(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            self.close()
            return
        text = self._tail + data
        statuses = [found[1].decode() for found in STATUS.finditer(text)]
        self._tail = text[-11:] if not STATUS.search(text[-11:]) else b""
        self.flood.answers.update(statuses)
        self.waiting -= len(statuses)
        self.refused |= "429" in statuses
        if "101" in statuses:  # a WebSocket now: kept open and left alone
            self.flood.forget(self)
        elif not self.kept and not self.waiting:
            self.close()

    def close(self) -> None:
        self.flood.forget(self)
        if self.open:
            self.open = False
            self.flood.selector.unregister(self.socket)
            self.socket.close()


class Flood:
    """All connections, and what became of their handshakes."""

    def __init__(self, address: tuple[str, int], source: str, transport: str) -> None:
        self.address = address
        self.source = source
        upgrade = (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        )
        self.request = (
            f"GET /socket.io/?EIO=4&transport={transport} HTTP/1.1\r\nHost: home\r\n"
            f"{upgrade if transport == 'websocket' else ''}\r\n"
        ).encode()
        self.selector = selectors.DefaultSelector()
        self.sent = 0
        self.answers: Counter[str] = Counter()
        self._offered = 0
        self._kept: deque[Connection] = deque()
        self._fresh: set[Connection] = set()

    def offer(self) -> None:
        self._offered += 1
        if self._offered % 2 and len(self._fresh) < FRESH:
            connection = Connection(self, kept=False)
            self._fresh.add(connection)
        elif len(self._kept) < KEPT:
            connection = Connection(self, kept=True)
            self._kept.append(connection)
        else:
            # Not behind a handshake that opened a session: rather behind one that is refused again.
            connection = min(self._kept, key=lambda each: (each.waiting > 0 and not each.refused, each.waiting))
        connection.offer(self.request)

    def forget(self, connection: Connection) -> None:
        self._fresh.discard(connection)
        if connection in self._kept:
            self._kept.remove(connection)

    def run(self, rate: float) -> None:
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        begun = time.monotonic()
        while True:
            for _ in range(int((time.monotonic() - begun) * rate) - self._offered):
                self.offer()
            for key, events in self.selector.select(0.002):
                if key.data is not None:
                    key.data.act(events)
                elif os.read(sys.stdin.fileno(), 65536):
                    report = {"seconds": time.monotonic() - begun, "sent": self.sent, "answers": self.answers}
                    sys.stdout.write(json.dumps(report) + "\n")
                    sys.stdout.flush()
                else:
                    return


if __name__ == "__main__":
    host, port, source, transport, rate = sys.argv[1:]
    Flood((host, int(port)), source, transport).run(float(rate))
