"""The effect of an entity: the targets it acts on, by which sensitivity is judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Effect:
    """The entities that something acts on, named by entity id.

    `unknown` says that it may act on anything, `forbidden` that it uses Interphone itself. `by_place` says that the
    targets were found in the registries and are different when those change.
    """

    targets: frozenset[str] = frozenset()
    unknown: bool = False
    forbidden: bool = False
    by_place: bool = False

    @classmethod
    def union(cls, effects: Iterable[Self]) -> Self:
        """Return the effect of all of them together."""
        effects = tuple(effects)
        return cls(
            frozenset().union(*(effect.targets for effect in effects)),
            any(effect.unknown for effect in effects),
            any(effect.forbidden for effect in effects),
            any(effect.by_place for effect in effects),
        )


UNKNOWN: Final = Effect(unknown=True)
