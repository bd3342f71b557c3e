"""What a scope sees and permits, by the values of a device alone."""

from dataclasses import dataclass, field

import pytest

from custom_components.interphone.access.models import May, Scope, Selection


@dataclass(frozen=True, slots=True)
class Thing:
    """A device as a scope sees it."""

    id: str = "lamp"
    type: str = "light"
    area_id: str | None = "kitchen"
    floor_id: str | None = "ground"
    label_ids: frozenset[str] = field(default_factory=lambda: frozenset({"guests", "fun"}))
    sensitive: bool = False


def select(**kinds: set[str]) -> Selection:
    return Selection(**{kind: frozenset(ids) for kind, ids in kinds.items()})


LAMP = Thing()
NOWHERE = Thing(area_id=None, floor_id=None, label_ids=frozenset())


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(select(areas={"kitchen"})),
        Scope(select(floors={"ground"})),
        Scope(select(labels={"fun", "gone"})),
        Scope(select(devices={"lamp"})),
        Scope(select(areas={"hall"}, floors={"first"}, labels={"fun"}, devices={"fan"})),
        Scope(select(areas={"kitchen"}), types=frozenset({"light"})),
        Scope(types=frozenset({"light"})),
    ],
)
def test_what_it_sees(scope: Scope) -> None:
    assert scope.sees(LAMP)
    assert scope.controls(LAMP)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(Selection()),
        Scope(select(areas={"hall", "gone"})),
        Scope(select(floors={"kitchen"})),
        Scope(select(labels={"garden"})),
        Scope(select(areas={"hall"}), types=frozenset({"light"})),
        Scope(select(areas={"kitchen"}), types=frozenset({"fan"})),
        Scope(select(devices={"lamp"}), types=frozenset({"fan"})),
        Scope(types=frozenset({"fan"})),
        Scope(types=frozenset()),
        Scope(Selection(), types=frozenset({"light"})),
    ],
)
def test_what_it_does_not_see(scope: Scope) -> None:
    assert not scope.sees(LAMP)
    assert not scope.controls(LAMP)


def test_what_is_nowhere_is_seen_by_name_alone() -> None:
    places = frozenset({"kitchen", "ground", "guests", "None", ""})
    assert not Scope(Selection(areas=places, floors=places, labels=places)).sees(NOWHERE)
    assert Scope(select(devices={"lamp"})).sees(NOWHERE)


def test_what_it_permits() -> None:
    lock = Thing(type="lock", sensitive=True)
    permitted = {}
    for may in May:
        kitchen = Scope(select(areas={"kitchen"}), may=may)
        permitted[may] = (kitchen.controls(LAMP), kitchen.controls(lock))
        assert not kitchen.controls(NOWHERE)
    assert permitted == {
        May.LOOK: (False, False),
        May.CONTROL: (True, False),
        May.DOORS_AND_ALARMS: (True, True),
    }


def test_unless_it_is_said_it_permits_no_doors() -> None:
    assert Scope().may is May.CONTROL


@pytest.mark.parametrize("scope", [Scope(), Scope(Selection()), Scope(select(devices={"lamp"}))])
def test_no_device_enters_by_itself(scope: Scope) -> None:
    assert not scope.by_place


@pytest.mark.parametrize(
    "scope",
    [
        Scope(types=frozenset({"light"})),
        Scope(select(areas={"kitchen"})),
        Scope(select(floors={"ground"})),
        Scope(select(labels={"fun"})),
    ],
)
def test_devices_enter_by_themselves(scope: Scope) -> None:
    assert scope.by_place
    assert not scope.whole_home
