"""Checks what followers of the feed receive, as they receive it: each change in their scope, once, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

type Values = Mapping[str, float]
type Payload = dict[str, Any]


@dataclass(slots=True)
class Chapter:
    """The history of one feed: the values at its position `first`, and each change since, in order."""

    first: int
    values: Values
    changes: list[tuple[str, float]] = field(default_factory=list)

    @property
    def last(self) -> int:
        return self.first + len(self.changes)

    def change(self, seq: int) -> tuple[str, float]:
        return self.changes[seq - self.first - 1]

    def at(self, seq: int) -> dict[str, float]:
        """Return the values at a position."""
        return {**self.values, **dict(self.changes[: seq - self.first])}


class Follower:
    """One website, by what it received. `scope` holds the devices that it sees."""

    def __init__(self, name: str, scope: frozenset[str]) -> None:
        self.name: Final = name
        self.scope: Final = scope
        self.snapshots = 0
        self.resumed = 0
        # Snapshots received although a position was known: the home no longer held the changes after it.
        self.overtaken = 0
        self._seq = 0
        self._chapter: Chapter | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.snapshots} snapshots, {self.resumed} resumed, {self.behind} behind"

    @property
    def entered(self) -> int:
        """How often it received a snapshot or a resume."""
        return self.snapshots + self.resumed

    def receive(self, event: str, payload: Payload, chapters: Mapping[str, Chapter]) -> None:
        """Check an event and advance. Raises AssertionError when it is not the next one."""
        match event:
            case "snapshot":
                self._begin(payload, chapters[payload["epoch"]])
            case "resume":
                assert chapters[payload["epoch"]] is self._chapter, self.name
                for change in payload["changes"]:
                    assert change["event"] == "state", (self.name, change)
                    self._take(change["payload"])
                missing = self._next(until=payload["seq"])
                assert missing is None, f"{self.name} resumes at {payload['seq']} without {missing}"
                self._seq = payload["seq"]
                self.resumed += 1
            case "state":
                self._take(payload)
            case _:
                raise AssertionError(f"{self.name} received {event}: {payload}")

    @property
    def behind(self) -> int:
        """How many changes of its feed it has not received."""
        return 0 if self._chapter is None else self._chapter.last - self._seq

    def knows_all_of(self, chapter: Chapter) -> bool:
        """Return whether it has received every change of this feed that it sees."""
        return self._chapter is chapter and self._next(until=chapter.last) is None

    def _begin(self, snapshot: Payload, chapter: Chapter) -> None:
        assert chapter is not self._chapter or snapshot["seq"] >= self._seq, f"{self.name} was taken back"
        self.overtaken += chapter is self._chapter
        self._chapter, self._seq = chapter, snapshot["seq"]
        values = {device["id"]: device["state"]["level"]["value"] for device in snapshot["devices"]}
        truth = {device: value for device, value in chapter.at(self._seq).items() if device in self.scope}
        assert values == truth, f"{self.name} got a snapshot of another moment"
        self.snapshots += 1

    def _take(self, payload: Payload) -> None:
        assert self._chapter is not None, f"{self.name} received a change before a snapshot"
        expected = self._next(until=self._chapter.last)
        assert payload["seq"] == expected, f"{self.name} received {payload['seq']} when {expected} was next"
        device, value = self._chapter.change(payload["seq"])
        assert payload == {"seq": expected, "id": device, "online": True, "state": {"level": {"value": value}}}
        self._seq = payload["seq"]

    def _next(self, *, until: int) -> int | None:
        """Return the number of the next change in its scope, None when there is none up to `until`."""
        assert self._chapter is not None
        rest = range(self._seq + 1, min(until, self._chapter.last) + 1)
        return next((seq for seq in rest if self._chapter.change(seq)[0] in self.scope), None)
