"""Exposure: which entities are shared with websites. A grant's scope narrows it further."""

from dataclasses import dataclass, field
from typing import Final

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR, BinarySensorDeviceClass
from homeassistant.components.event import DOMAIN as EVENT
from homeassistant.components.sensor import DOMAIN as SENSOR, SensorDeviceClass
from homeassistant.helpers.entity_registry import RegistryEntry

from .registry import CONTROLS, DOMAINS, Default
from .sensitivity import OwnersWord, Verdict

# Domains that may be shared as a whole. Sensitive entities are chosen one by one instead.
SHAREABLE_DOMAINS: Final = frozenset(domain for domain, kind in DOMAINS.items() if not kind.sensitive)

DEFAULT_DOMAINS: Final = frozenset(
    domain for domain in SHAREABLE_DOMAINS if DOMAINS[domain].by_default is Default.EVERYWHERE
)

# Domains that are only read. A service, or one of these device classes, says how a machine or a connection is doing.
_READINGS: Final = frozenset({BINARY_SENSOR, EVENT, SENSOR})
_TECHNICAL_CLASSES: Final[frozenset[str]] = frozenset(
    {
        BinarySensorDeviceClass.CONNECTIVITY,
        BinarySensorDeviceClass.UPDATE,
        SensorDeviceClass.DATA_RATE,
        SensorDeviceClass.DATA_SIZE,
        SensorDeviceClass.SIGNAL_STRENGTH,
    }
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity with everything that exposure depends on: its places and labels, own and inherited.

    `of_service` says that its device is a service: nothing that stands in the home.
    """

    entity_id: str
    verdict: Verdict = field(default_factory=Verdict)
    entry: RegistryEntry | None = None
    device_class: str | None = None
    of_service: bool = False
    device_id: str | None = None
    area_id: str | None = None
    floor_id: str | None = None
    labels: frozenset[str] = frozenset()

    @property
    def domain(self) -> str:
        """The entity's domain."""
        return self.entity_id.partition(".")[0]

    @property
    def by_area(self) -> bool:
        """Whether residents rarely want it on a website, so that it takes a chosen area to share it by default."""
        if self.domain in _READINGS:
            return self.of_service or self.device_class in _TECHNICAL_CLASSES
        return DOMAINS[self.domain].by_default is Default.IN_CHOSEN_AREAS

    def named_in(self, names: frozenset[str]) -> bool:
        """Return whether it is named, by its entity id or by the registry id that survives renames."""
        return self.entity_id in names or (self.entry is not None and self.entry.id in names)


@dataclass(frozen=True, slots=True)
class Places:
    """A selection of entities by registry ids: of themselves, their devices, areas, floors or labels."""

    entities: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    floors: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.entities or self.devices or self.areas or self.floors or self.labels)

    def holds(self, candidate: Candidate) -> bool:
        """Return whether the candidate is among the chosen."""
        return (
            candidate.named_in(self.entities)
            or candidate.device_id in self.devices
            or candidate.area_id in self.areas
            or candidate.floor_id in self.floors
            or not self.labels.isdisjoint(candidate.labels)
        )


@dataclass(frozen=True, slots=True)
class Exposure:
    """Which entities are shared.

    An entity is shared when its domain is in `domains`; with `include`, only those of them that it holds. `exclude`
    always wins, and Interphone's own entities are never shared. Sensitive entities are shared only when named in
    `sensitive_entities`, by entity id or registry id, whatever their domain; hidden entities, and those that configure
    or diagnose, only when `include` names them one by one. What configures a sensitive device is never shared.

    With `by_area`, what residents rarely want on a website is shared only, and whatever its domain, in the areas that
    `include` holds; a domain of controls that is in `domains` is shared as any other.
    """

    domains: frozenset[str]
    sensitive_entities: frozenset[str] = frozenset()
    include: Places = field(default_factory=Places)
    exclude: Places = field(default_factory=Places)
    word: OwnersWord = field(default_factory=OwnersWord)
    by_area: bool = False

    def shares(self, candidate: Candidate) -> bool:
        """Return whether this entity is shared."""
        if candidate.domain not in DOMAINS or candidate.verdict.forbidden or self.exclude.holds(candidate):
            return False
        if candidate.verdict.sensitive:
            return candidate.named_in(self.sensitive_entities) and not _is_setting(candidate)
        if candidate.named_in(self.include.entities):
            return True
        if _is_background(candidate.entry) or (self.include and not self.include.holds(candidate)):
            return False
        chosen = candidate.domain in self.domains
        if not (self.by_area and candidate.by_area):
            return chosen
        in_area = candidate.area_id in self.include.areas
        return chosen and in_area if candidate.domain in _READINGS else chosen or in_area


def _is_setting(candidate: Candidate) -> bool:
    """Return whether it is a control that configures or diagnoses: of a lock, what it offers beside locking."""
    entry = candidate.entry
    return entry is not None and entry.entity_category is not None and candidate.domain in CONTROLS


def _is_background(entry: RegistryEntry | None) -> bool:
    return entry is not None and (entry.hidden_by is not None or entry.entity_category is not None)
