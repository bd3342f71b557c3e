"""Scopes as an administrator gives them and as each side reads them."""

from collections.abc import Callable
from typing import Any

from homeassistant.helpers import area_registry as ar, entity_registry as er, floor_registry as fr, label_registry as lr
import pytest

from .conftest import Home, Tokens

pytestmark = pytest.mark.usefixtures("quiet_log")

BED, CEILING, KITCHEN = "light.bed_light", "light.ceiling_lights", "light.kitchen_lights"
NOWHERE: dict[str, Any] = {"areas": [], "floors": [], "labels": [], "devices": []}

type Place = Callable[..., None]


@pytest.fixture
def place(home: Home) -> Place:
    """Put an entity somewhere: `place(BED, area="kitchen", labels={"fun"})`; make the kitchen and its floor first."""
    floor = fr.async_get(home.hass).async_create("Ground floor")
    ar.async_get(home.hass).async_create("Kitchen", floor_id=floor.floor_id)
    ar.async_get(home.hass).async_create("Hall")
    lr.async_get(home.hass).async_create("Fun")

    def place(entity_id: str, area: str | None = None, **changes: Any) -> None:
        known = home.hass.states.get(entity_id)
        assert known is not None
        # Only an entity with a name of its own may have an area of its own.
        er.async_get(home.hass).async_update_entity(entity_id, name=known.name, area_id=area, **changes)

    return place


async def give(home: Home, tokens: Tokens, scope: dict[str, Any]) -> dict[str, Any]:
    """Give a scope, and return it as the administrator reads it back."""
    answer = await home.command("grants/update", grant_id=tokens.grant_id, scope=scope)
    assert answer["success"], answer
    given: dict[str, Any] = answer["result"]["grant"]["scope"]
    assert [grant["scope"] for grant in await home.grants()] == [given]
    return given


async def read(home: Home, tokens: Tokens) -> dict[str, Any]:
    """Return the scope as the website reads it."""
    scope: dict[str, Any] = (await home.request("GET", "/grant", headers=tokens.headers))[1]["grant"]["scope"]
    return scope


async def names(home: Home, tokens: Tokens) -> set[str]:
    _status, body = await home.request("GET", "/devices", headers=tokens.headers)
    return {device["name"] for device in body["devices"]}


@pytest.mark.parametrize(
    ("given", "new", "old"),
    [
        ({}, ({"all": True}, "control"), (None, True, False)),
        ({"devices": None}, ({"all": True}, "control"), (None, True, False)),
        ({"control": False}, ({"all": True}, "look"), (None, False, False)),
        ({"doors_and_alarms": True}, ({"all": True}, "doors_and_alarms"), (None, True, True)),
        ({"control": False, "doors_and_alarms": True}, ({"all": True}, "look"), (None, False, False)),
        ({"devices": ["x"]}, ({**NOWHERE, "devices": ["x"]}, "control"), (["x"], True, False)),
        ({"devices": []}, (NOWHERE, "control"), ([], True, False)),
        ({"see": {"all": True}}, ({"all": True}, "control"), (None, True, False)),
        ({"see": {"all": True}, "may": "doors_and_alarms"}, ({"all": True}, "doors_and_alarms"), (None, True, True)),
        ({"see": {"devices": ["x"]}}, ({**NOWHERE, "devices": ["x"]}, "control"), (["x"], True, False)),
        ({"see": {}}, (NOWHERE, "control"), ([], True, False)),
        ({"may": "look"}, (NOWHERE, "look"), ([], False, False)),
        ({"types": None}, (NOWHERE, "control"), ([], True, False)),
    ],
    ids=str,
)
async def test_both_forms_are_accepted_and_answered(
    home: Home, tokens: Tokens, given: dict[str, Any], new: Any, old: Any
) -> None:
    scope = await give(home, tokens, given)
    assert (scope["see"], scope["may"]) == new
    assert (scope["devices"], scope["control"], scope["doors_and_alarms"]) == old
    assert "types" not in scope
    assert await read(home, tokens) == scope


@pytest.mark.parametrize(
    "scope",
    [
        {"see": {"all": True}, "control": False},
        {"may": "look", "devices": None},
        {"types": ["light"], "doors_and_alarms": True},
        {"see": None},
        {"see": {"all": False}},
        {"see": {"all": 1}},
        {"see": {"all": True, "areas": ["kitchen"]}},
        {"see": {"areas": "kitchen"}},
        {"see": {"areas": [None]}},
        {"see": {"rooms": ["kitchen"]}},
        {"see": ["kitchen"]},
        {"see": {"all": True}, "types": "light"},
        {"see": {"all": True}, "may": "everything"},
        {"see": {"all": True}, "may": None},
    ],
    ids=str,
)
async def test_what_is_no_scope_changes_nothing(
    home: Home, tokens: Tokens, scope: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    before = await home.grants()
    answer = await home.command("grants/update", grant_id=tokens.grant_id, scope=scope)
    assert answer["error"]["code"] == "invalid_format"
    assert await home.grants() == before
    caplog.clear()  # Home Assistant logs every such message as an error


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ({"see": {"areas": ["kitchen"]}}, ["Bed Light", "Kitchen Lights"]),
        ({"see": {"areas": ["kitchen"], "labels": ["fun"]}}, ["Bed Light", "Kitchen Lights", "Ceiling Lights"]),
        ({"see": {"floors": ["ground_floor"]}}, ["Bed Light", "Kitchen Lights"]),
        ({"see": {"labels": ["fun"]}}, ["Ceiling Lights"]),
        ({"see": {"areas": ["hall", "gone"], "floors": ["gone"], "labels": ["gone"], "devices": ["gone"]}}, []),
        ({"see": {"areas": ["kitchen"]}, "types": ["switch"]}, []),
        ({"see": {"areas": ["kitchen"]}, "types": ["light", "gone"]}, ["Bed Light", "Kitchen Lights"]),
        ({"see": {"all": True}, "types": ["input_boolean", "toggle"]}, []),
        ({"types": ["light"]}, []),
        ({"see": {}}, []),
    ],
    ids=str,
)
async def test_places_select_devices(
    home: Home, tokens: Tokens, place: Place, scope: dict[str, Any], seen: list[str]
) -> None:
    place(BED, "kitchen")
    place(KITCHEN, "kitchen")
    place(CEILING, labels={"fun"})
    await home.hass.async_block_till_done()
    await give(home, tokens, scope)
    assert await names(home, tokens) == set(seen)


async def test_websites_read_names_and_counts_and_no_registry_ids(home: Home, tokens: Tokens, place: Place) -> None:
    place(BED, "kitchen", labels={"fun"})
    place(KITCHEN, "kitchen")
    await home.hass.async_block_till_done()
    see = {"areas": ["kitchen", "gone"], "floors": ["ground_floor"], "labels": ["fun"], "devices": []}
    scope = await give(home, tokens, {"see": see, "types": ["light"], "may": "look"})
    assert scope["see"] == {**see, "areas": ["gone", "kitchen"]}
    lights = [(await home.device(tokens, name))["id"] for name in ("Bed Light", "Kitchen Lights")]
    assert set(scope["devices"]) == set(lights)

    website = await read(home, tokens)
    assert {**website, "see": None} == {**scope, "see": None}
    places = {
        kind: [(each["name"], each["devices"]) for each in website["see"][kind]] for kind in see if kind != "devices"
    }
    assert places == {"areas": [("Kitchen", 2)], "floors": [("Ground floor", 2)], "labels": [("Fun", 1)]}
    ids = [each["id"] for kind in places for each in website["see"][kind]]
    assert len(set(ids)) == 3
    assert not {"kitchen", "ground_floor", "fun", "gone"} & set(ids)
    # A renamed room keeps its id.
    ar.async_get(home.hass).async_update("kitchen", name="Galley")
    [kitchen] = (await read(home, tokens))["see"]["areas"]
    assert (kitchen["id"], kitchen["name"]) == (ids[0], "Galley")
