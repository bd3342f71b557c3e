"""What is written down is read back; what was not written by us is refused whole."""

import copy
from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.interphone.access.models import Grant, May, PausedBy, Scope, Selection
from custom_components.interphone.access.records import Records, dump_grant, dump_tokens
from custom_components.interphone.access.tokens import (
    AccessTokens,
    EndedToken,
    RefreshFamily,
    RefreshTokens,
    SigningKey,
)
from custom_components.interphone.errors import StorageError

NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)
RECORDS = Records(
    serial="serial",
    keys=(SigningKey("new", 2.0, b"n" * 32), SigningKey("old", 1.0, b"o" * 32)),
    retired=(SigningKey("retired", 0.5, b"r" * 32),),
    pepper=b"p" * 32,
    families=(RefreshFamily("one", "digest", 3.0, ("spent", "earlier")), RefreshFamily("two", "other", 4.5)),
    ended=(EndedToken("exchanged", "one", 5.0),),
    grants=(
        Grant(
            "one",
            "Website",
            "https://website.example",
            NEW_YEAR,
            account_hint="k@website.example",
            scope=Scope(
                Selection(
                    frozenset({"kitchen"}), frozenset({"ground"}), frozenset({"guests"}), frozenset({"lamp", "lock"})
                ),
                types=frozenset({"light", "lock"}),
                may=May.LOOK,
            ),
            paused_by=PausedBy.DEVICE,
            expires=NEW_YEAR,
            last_used=NEW_YEAR,
            last_source="192.0.2.1",
        ),
        Grant("two", "Other", None, NEW_YEAR),
    ),
    failures=7,
    observed=3600.5,
    generation=3,
)


def dump(records: Records) -> dict[str, Any]:
    """Write records as the relay does, through JSON."""
    access = AccessTokens(records.serial, records.keys, lambda: 0.0, records.retired, records.ended)
    refresh = RefreshTokens(records.pepper, records.families, lambda: 0.0)
    sections = {
        "home": {"serial": records.serial, "generation": records.generation},
        "tokens": dump_tokens(access, refresh),
        "grants": {grant.id: dump_grant(grant) for grant in records.grants},
        "failure_gate": {"failures": records.failures, "observed": records.observed},
    }
    written: dict[str, Any] = json.loads(json.dumps(sections))
    return written


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value there is below this one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, below in inner for found in paths(below, (*path, key)))]


PATHS = [path for path in paths(dump(RECORDS)) if path]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=5,
)


def owner_of(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def test_what_is_written_is_read_back() -> None:
    assert Records.read(dump(RECORDS)) == RECORDS
    new = Records.make()
    assert Records.read(dump(new)) == new


# Files of earlier versions have no such field.
LATER = {"paused_by", "retired", "generation", "ended"}


@pytest.mark.parametrize(
    "path", [path for path in PATHS if isinstance(path[-1], str) and path[-1] not in LATER], ids=str
)
def test_nothing_may_be_missing(path: tuple[Any, ...]) -> None:
    document = dump(RECORDS)
    del owner_of(document, path)[path[-1]]
    if path[:-1] == ("grants",):  # a grant as a whole is not missed
        assert len(Records.read(document).grants) == 1
    elif path == ("failure_gate", "observed"):  # no store of an earlier version has it
        assert Records.read(document).observed == 0
    else:
        with pytest.raises(StorageError):
            Records.read(document)


def test_a_pause_of_an_earlier_version_is_the_owners() -> None:
    document = dump(RECORDS)
    del document["grants"]["one"]["paused_by"]
    [grant, _other] = Records.read(document).grants
    assert grant.paused_by is PausedBy.OWNER


@pytest.mark.slow
@settings(max_examples=600)
@given(path=st.sampled_from(PATHS), value=JSON)
def test_any_json_in_any_place_is_refused_or_read_for_what_it_is(path: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(dump(RECORDS))
    owner_of(document, path)[path[-1]] = value
    try:
        records = Records.read(document)
    except StorageError:
        return
    # It was read: then it is of the right shape everywhere, so that every door can work with it.
    assert Records.read(dump(records)) == records
    assert len(records.pepper) == 32
    assert 1 <= len(records.keys) <= 2
    assert all(len(key.secret) == 32 for key in records.keys)
    assert type(records.failures) is int
    assert records.failures >= 0
    for grant in records.grants:
        assert type(grant.paused) is bool
        assert type(grant.scope.may) is May
        times = (grant.created, grant.expires, grant.last_used)
        assert all(time.tzinfo for time in times if time is not None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("tokens", "keys"), []),
        (("tokens", "keys"), dump(RECORDS)["tokens"]["keys"] * 2),
        (("tokens", "keys", 0, "created"), True),
        (("tokens", "keys", 0, "secret"), "00" * 31),
        (("tokens", "pepper"), ""),
        (("tokens", "families", 0, "rotated_at"), float("nan")),
        (("tokens", "families", 0, "rotated_at"), "3.0"),
        (("tokens", "families", 0, "spent"), "digest"),
        (("grants", "one", "id"), "two"),
        (("grants", "one", "paused"), 0),
        (("grants", "one", "paused"), None),
        (("grants", "one", "paused"), False),  # while something has paused it
        (("grants", "one", "paused_by"), "nobody"),
        (("grants", "one", "paused_by"), ["owner"]),
        (("grants", "one", "scope", "may"), "Control"),
        (("grants", "one", "scope", "may"), None),
        (("grants", "one", "scope", "may"), ["look"]),
        (("grants", "one", "scope", "types"), "light"),
        (("grants", "one", "scope", "types"), [None]),
        (("grants", "one", "scope", "see"), None),
        (("grants", "one", "scope", "see"), {}),
        (("grants", "one", "scope", "see"), {"all": False}),
        (("grants", "one", "scope", "see"), {"all": 1}),
        (("grants", "one", "scope", "see", "all"), True),
        (("grants", "one", "scope", "see", "devices"), "lamp"),
        (("grants", "one", "scope", "see", "areas"), {}),
        (("grants", "one", "expires"), "2026-01-01T00:00:00"),
        (("grants", "one", "expires"), ""),
        (("grants", "one", "last_source"), 5),
        (("failure_gate", "failures"), 19.0),
        (("failure_gate", "failures"), False),
        (("failure_gate", "failures"), -1),
        (("failure_gate", "observed"), "1"),
        (("failure_gate", "observed"), float("inf")),
    ],
    ids=str,
)
def test_nearly_right_is_refused(path: tuple[Any, ...], value: Any) -> None:
    document = dump(RECORDS)
    owner_of(document, path)[path[-1]] = value
    with pytest.raises(StorageError):
        Records.read(document)


def test_no_flipped_bit_lets_anybody_in() -> None:
    """A bit of the disk that tips over may spoil the file, a name or a date; it opens nothing that was shut."""
    shut = dump(RECORDS)
    del shut["grants"]["two"]
    text = json.dumps(shut).encode()
    for position in range(len(text) * 8):
        flipped = bytearray(text)
        flipped[position // 8] ^= 1 << position % 8
        try:
            records = Records.read(json.loads(flipped.decode()))
        except ValueError, StorageError:
            continue
        for grant in records.grants:
            assert grant.paused
            assert grant.scope.see is not None
            assert grant.scope.types is not None
            assert grant.scope.may is May.LOOK
