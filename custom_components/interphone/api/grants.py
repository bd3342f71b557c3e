"""Grants and their scopes on the wire: with registry ids for the home's own pages, with names for websites."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, floor_registry as fr, label_registry as lr
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..access.ends import EndPreset, presets
from ..access.models import Grant, May, PausedBy, Scope, Selection
from ..access.records import dump_grant, dump_scope
from ..devices.model import Device, opaque_id
from ..relay import Relay
from .contract import COUNT, MOMENT, Validator, exactly, json_schema

_ALL: Final = vol.Schema({vol.Required("all"): vol.All(bool, vol.In([True]))})
_MAY: Final = vol.In([may.value for may in May])
_PLACES: Final = ("areas", "floors", "labels")
_SELECTION: Final = (*_PLACES, "devices")

# A scope as the home's pages define it. What is left out of `see`, `see` itself included, selects nothing.
_BY_SELECTION: Final = vol.Schema(
    {
        vol.Optional("see"): vol.Any(_ALL, vol.Schema({vol.Optional(kind): [str] for kind in _SELECTION})),
        vol.Optional("types"): vol.Maybe([str]),
        vol.Optional("may", default=May.CONTROL.value): _MAY,
    }
)
# The earlier form, where leaving out `devices` means all of them.
_BY_DEVICES: Final = vol.Schema(
    {
        vol.Optional("devices", default=None): vol.Maybe([str]),
        vol.Optional("control", default=True): bool,
        vol.Optional("doors_and_alarms", default=False): bool,
    }
)


def _read_scope(given: Any) -> Scope:
    """Read a scope of either form; fields of both at once are refused."""
    if isinstance(given, Mapping) and not given.keys().isdisjoint(("see", "types", "may")):
        scope = _BY_SELECTION(given)
        see, types = scope.get("see", {}), scope.get("types")
        return Scope(
            see=None if "all" in see else Selection(**{kind: frozenset(ids) for kind, ids in see.items()}),
            types=None if types is None else frozenset(types),
            may=May(scope["may"]),
        )
    scope = _BY_DEVICES(given)
    may = May.DOORS_AND_ALARMS if scope["doors_and_alarms"] else May.CONTROL
    devices = scope["devices"]
    return Scope(
        see=None if devices is None else Selection(devices=frozenset(devices)),
        may=may if scope["control"] else May.LOOK,
    )


# Reads a `Scope`.
SCOPE: Final = Validator(_read_scope, {"anyOf": [json_schema(_BY_SELECTION), json_schema(_BY_DEVICES)]})

# Reads a `datetime`, a preset's name, or None: see `access.ends.read_end`.
EXPIRES: Final = vol.Maybe(vol.Any(vol.In([preset.value for preset in EndPreset]), MOMENT))
# The ends that the presets stand for now; "until Sunday" is missing on a Sunday.
ENDS: Final = vol.Schema(
    {vol.Required(EndPreset.TODAY.value): MOMENT, vol.Optional(EndPreset.UNTIL_SUNDAY.value): MOMENT}
)

_PLACE: Final = exactly(id=str, name=str, devices=COUNT)


def _scope_schema(place: Any) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required("see"): vol.Any(_ALL, exactly(areas=[place], floors=[place], labels=[place], devices=[str])),
            vol.Optional("types"): [str],
            vol.Required("may"): _MAY,
            vol.Required("devices"): vol.Maybe([str]),
            vol.Required("control"): bool,
            vol.Required("doors_and_alarms"): bool,
        }
    )


def _grant_schema(scope: vol.Schema) -> vol.Schema:
    return exactly(
        id=str,
        name=str,
        origin=vol.Maybe(str),
        account_hint=vol.Maybe(str),
        created=MOMENT,
        scope=scope,
        paused=bool,
        paused_by=vol.Maybe(vol.In([cause.value for cause in PausedBy])),
        expires=vol.Maybe(MOMENT),
        last_used=vol.Maybe(MOMENT),
        last_source=vol.Maybe(str),
    )


# Schemas of the results of `for_website` and `for_admin`.
WEBSITE_GRANT: Final = _grant_schema(_scope_schema(_PLACE))
ADMIN_GRANT: Final = _grant_schema(_scope_schema(str))


def ends_now() -> dict[str, str]:
    """Return the presets of an end, as `ENDS` describes them."""
    return {preset.value: end.isoformat() for preset, end in presets(dt_util.now()).items()}


def for_admin(relay: Relay, grant: Grant) -> dict[str, Any]:
    """Return a grant for the home's own pages: `scope.see` has ids of Home Assistant's registries."""
    return {**dump_grant(grant), "scope": _scope(grant.scope, _members(relay, grant.scope))}


def for_website(relay: Relay, grant: Grant) -> dict[str, Any]:
    """Return a grant for its website: `scope.see` has `{id, name, devices}` of each place that exists.

    The ids are opaque, and `devices` counts those within the scope now.
    """
    members = _members(relay, grant.scope)
    scope = _scope(grant.scope, members)
    if grant.scope.only is not None:  # an exchanged token's: it learns of no places
        scope["see"] = {**dict.fromkeys(_PLACES, ()), "devices": [device.id for device in members]}
    elif grant.scope.see is not None:
        scope["see"] = {**scope["see"], **_named(relay.hass, grant.scope.see, members)}
    return {**dump_grant(grant), "scope": scope}


def _members(relay: Relay, scope: Scope) -> list[Device]:
    return [] if scope.whole_home else relay.feed.devices(relay.feed.view(scope))


def _scope(scope: Scope, members: Iterable[Device]) -> dict[str, Any]:
    """Return the scope, and beside it the fields of the earlier form.

    In these, `devices` names what is within the scope now, unless it is defined by devices alone.
    """
    dumped = {name: value for name, value in dump_scope(scope).items() if value is not None}
    devices = None if scope.whole_home else [device.id for device in members]
    if scope.see is not None and scope.types is None and scope.only is None and not scope.see.by_place:
        devices = sorted(scope.see.devices)
    return {**dumped, "devices": devices, "control": scope.control, "doors_and_alarms": scope.doors_and_alarms}


def _named(hass: HomeAssistant, see: Selection, members: Iterable[Device]) -> dict[str, list[dict[str, Any]]]:
    """Return the places of a selection by their names, with the number of members in each."""
    areas, floors, labels = ar.async_get(hass), fr.async_get(hass), lr.async_get(hass)
    counts: Counter[tuple[str, str | None]] = Counter()
    for device in members:
        counts.update([("areas", device.area_id), ("floors", device.floor_id)])
        counts.update(("labels", label_id) for label_id in device.label_ids)
    look_up: Mapping[str, Callable[[str], Any]] = {
        "areas": areas.async_get_area,
        "floors": floors.async_get_floor,
        "labels": labels.async_get_label,
    }
    return {
        kind: [
            {"id": opaque_id(f"{kind}:{place_id}"), "name": place.name, "devices": counts[kind, place_id]}
            for place_id in sorted(getattr(see, kind))
            if (place := find(place_id)) is not None
        ]
        for kind, find in look_up.items()
    }
