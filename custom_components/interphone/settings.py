"""The options of the config entry as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .access.tokens import TOKEN_LIFETIME
from .const import (
    CONF_AREAS,
    CONF_ASK_BEFORE_SHOWING,
    CONF_BY_AREA,
    CONF_CODE_LENGTH,
    CONF_CODE_LIFETIME,
    CONF_DEVICES,
    CONF_DISPLAY_USERS,
    CONF_DISPLAYS,
    CONF_DOMAINS,
    CONF_DOORBELLS,
    CONF_DOORS,
    CONF_ENTITIES,
    CONF_EXCLUDE,
    CONF_FLOORS,
    CONF_HARMLESS,
    CONF_INCLUDE,
    CONF_LABELS,
    CONF_ORIGINS,
    CONF_SENSITIVE_ENTITIES,
    CONF_SOCKETS_PER_SOURCE,
    CONF_TOKEN_LIFETIME,
)
from .devices.exposure import DEFAULT_DOMAINS, Exposure, Places
from .devices.sensitivity import OwnersWord
from .displays import Audience, DisplayPolicy
from .engineio.settings import SESSIONS_PER_SOURCE
from .pairing.codes import CODE_LENGTH, CODE_LIFETIME, CodeStyle
from .pairing.desk import DeskSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """The options, parsed when the entry is set up and whenever they change."""

    origins: frozenset[str]
    exposure: Exposure
    doorbells: frozenset[str]
    displays: DisplayPolicy
    desk: DeskSettings
    token_lifetime: float
    sockets_per_source: int

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Parse the options; an option that is absent has its default."""
        return cls(
            origins=frozenset(options.get(CONF_ORIGINS, ())),
            exposure=Exposure(
                domains=frozenset(options.get(CONF_DOMAINS, DEFAULT_DOMAINS)),
                sensitive_entities=frozenset(options.get(CONF_SENSITIVE_ENTITIES, ())),
                include=_places(options.get(CONF_INCLUDE, {})),
                # Entries of earlier versions keep what they chose.
                by_area=bool(options.get(CONF_BY_AREA, False)),
                exclude=_places(options.get(CONF_EXCLUDE, {})),
                word=OwnersWord(
                    doors=frozenset(options.get(CONF_DOORS, ())), harmless=frozenset(options.get(CONF_HARMLESS, ()))
                ),
            ),
            doorbells=frozenset(options.get(CONF_DOORBELLS, ())),
            displays=DisplayPolicy(
                audience=Audience(options.get(CONF_DISPLAYS, Audience.EVERYBODY)),
                users=frozenset(options.get(CONF_DISPLAY_USERS, ())),
            ),
            desk=DeskSettings(
                style=CodeStyle(int(options.get(CONF_CODE_LENGTH, CODE_LENGTH))),
                lifetime=float(options.get(CONF_CODE_LIFETIME, CODE_LIFETIME)),
                ask_before_showing=bool(options.get(CONF_ASK_BEFORE_SHOWING, False)),
            ),
            token_lifetime=float(options.get(CONF_TOKEN_LIFETIME, TOKEN_LIFETIME)),
            sockets_per_source=int(options.get(CONF_SOCKETS_PER_SOURCE, SESSIONS_PER_SOURCE)),
        )


def _places(options: dict[str, list[str]]) -> Places:
    return Places(
        entities=frozenset(options.get(CONF_ENTITIES, ())),
        devices=frozenset(options.get(CONF_DEVICES, ())),
        areas=frozenset(options.get(CONF_AREAS, ())),
        floors=frozenset(options.get(CONF_FLOORS, ())),
        labels=frozenset(options.get(CONF_LABELS, ())),
    )
