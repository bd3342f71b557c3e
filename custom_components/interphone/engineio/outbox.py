"""Packets of one session that wait: for a slow client, for a poll, or for the end of this turn of the loop."""

from collections import deque

from .packet import Form
from .ready import ReadyMade


class Outbox:
    """A queue of packets and its size in bytes. The session limits it."""

    __slots__ = ("_items", "form", "size")

    def __init__(self, form: Form) -> None:
        """Begin empty; frames are made for `form`."""
        self.form = form
        self.size = 0
        self._items: deque[ReadyMade] = deque()

    def __len__(self) -> int:
        return len(self._items)

    def append(self, item: ReadyMade) -> None:
        """Add a packet at the end."""
        self._items.append(item)
        self.size += item.size

    def take(self, most: int) -> list[ReadyMade]:
        """Remove and return the first packets, at most `most`."""
        items = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        self.size -= sum(item.size for item in items)
        return items

    def portion(self, limit: int | None) -> bytes:
        """Remove the first packets and return their WebSocket frames, joined: as many as make up `limit` bytes."""
        frames: list[bytes] = []
        size = 0
        while self._items and (limit is None or size < limit):
            item = self._items.popleft()
            frames.append(item.frame(self.form))
            size += item.size
        self.size -= size
        return b"".join(frames)

    def clear(self) -> None:
        """Drop everything."""
        self._items.clear()
        self.size = 0
