"""What followers of the feed must hear, judged as they hear it: each change they may see, once, in order, as it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

type Values = Mapping[str, float]
type Told = dict[str, Any]


@dataclass(slots=True)
class Chapter:
    """What one feed numbers: the values at its position `first`, and each change of one since, in order."""

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
    """One website, by what it has heard. `scope` holds the devices it may see."""

    def __init__(self, name: str, scope: frozenset[str]) -> None:
        self.name: Final = name
        self.scope: Final = scope
        self.snapshots = 0
        self.resumed = 0
        # Snapshots where a position was known: the home no longer held what came after it.
        self.overtaken = 0
        self._seq = 0
        self._chapter: Chapter | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.snapshots} snapshots, {self.resumed} resumed, {self.behind} behind"

    @property
    def entered(self) -> int:
        """How often it was let in, and told where it stands."""
        return self.snapshots + self.resumed

    def hear(self, event: str, payload: Told, chapters: Mapping[str, Chapter]) -> None:
        """Take what it was told; raise AssertionError at once where it is not what comes next."""
        match event:
            case "snapshot":
                self._begin(payload, chapters[payload["epoch"]])
            case "resume":
                assert chapters[payload["epoch"]] is self._chapter, self.name
                for change in payload["changes"]:
                    assert change["event"] == "state", (self.name, change)
                    self._take(change["payload"])
                missing = self._next(until=payload["seq"])
                assert missing is None, f"{self.name} resumes at {payload['seq']} and was not told {missing}"
                self._seq = payload["seq"]
                self.resumed += 1
            case "state":
                self._take(payload)
            case _:
                raise AssertionError(f"{self.name} was told {event}: {payload}")

    @property
    def behind(self) -> int:
        """How many changes it was not told yet, for all it knows."""
        return 0 if self._chapter is None else self._chapter.last - self._seq

    def knows_all_of(self, chapter: Chapter) -> bool:
        """Tell whether it has been told everything there is."""
        return self._chapter is chapter and self._next(until=chapter.last) is None

    def _begin(self, snapshot: Told, chapter: Chapter) -> None:
        assert chapter is not self._chapter or snapshot["seq"] >= self._seq, f"{self.name} was taken back"
        self.overtaken += chapter is self._chapter
        self._chapter, self._seq = chapter, snapshot["seq"]
        values = {device["id"]: device["state"]["level"]["value"] for device in snapshot["devices"]}
        truth = {device: value for device, value in chapter.at(self._seq).items() if device in self.scope}
        assert values == truth, f"{self.name} got a snapshot of another moment"
        self.snapshots += 1

    def _take(self, payload: Told) -> None:
        assert self._chapter is not None, f"{self.name} was told a change before anything else"
        expected = self._next(until=self._chapter.last)
        assert payload["seq"] == expected, f"{self.name} was told {payload['seq']} when {expected} was next"
        device, value = self._chapter.change(payload["seq"])
        assert payload == {"seq": expected, "id": device, "online": True, "state": {"level": {"value": value}}}
        self._seq = payload["seq"]

    def _next(self, *, until: int) -> int | None:
        """Return the number of the next change it may see, None when there is none up to `until`."""
        assert self._chapter is not None
        rest = range(self._seq + 1, min(until, self._chapter.last) + 1)
        return next((seq for seq in rest if self._chapter.change(seq)[0] in self.scope), None)
