"""The constants are the limits that the documents state: a changed number needs a changed document."""

from functools import cache
from importlib import import_module
from pathlib import Path
import re
from types import ModuleType
from typing import Any

import pytest

from custom_components import interphone

from .documented import DOCS, amount, limit, rates, rows, span

PACKAGE = Path(interphone.__path__[0])


@cache
def modules() -> list[ModuleType]:
    paths = (path.relative_to(PACKAGE.parents[1]) for path in sorted(PACKAGE.rglob("*.py")))
    return [import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__")) for path in paths]


def constant(name: str) -> Any:
    """Return a numeric constant of the package, whichever module defines it."""
    values = {value for module in modules() if isinstance(value := vars(module).get(name), int | float | tuple)}
    assert len(values) == 1, f"{name}: {values}"
    return values.pop()


PROTOCOL = {
    "length of a code": "CODE_LENGTH",
    "life of a code": "CODE_LIFETIME",
    "`client_name`, `account_hint`": "CLIENT_TEXT_MAX",
    "bound pairings at once, outside the window": "BOUND_MAX",
    'window of "Connect a website"': "WINDOW",
    "pairings that wait in the window": "WINDOW_LIST_MAX",
    "answers of an ended pairing": "END_STATE_LIFETIME",
    "time between wakes of a display": "WAKE_INTERVAL",
    "quiet after a refusal": "QUIET_AFTER_REFUSAL",
    "a refused requester waits silently": "SLOW_AFTER_REFUSAL",
    "attempts at a bound pairing": "ATTEMPTS_PER_SOURCE",
    "attempts of a source at a plain pairing": "ATTEMPTS_PER_SOURCE",
    "attempts of all sources at a plain pairing": "ATTEMPTS_PLAIN_TOTAL",
    "wrong codes of all sources": "FAILURE_GATE",
    "wrong codes counted after the gate was opened": "FAILURES_WHEN_OPENED",
    "time in which one wrong code is forgotten": "FADE_PERIOD",
    "life of an access token": "TOKEN_LIFETIME",
    "length of a token": "TOKEN_LENGTH_MAX",
    "shortest life of an exchanged token": "EXCHANGED_LIFETIME_MIN",
    "devices of an exchanged token": "EXCHANGED_DEVICES_MAX",
    "exchanged tokens of a grant that are revoked before they expire": "ENDED_TOKENS_MAX",
    "grace period of a spent refresh token": "REFRESH_GRACE",
    "body": "BODY_SIZE_MAX",
    "changes held by the feed": "FEED_LENGTH",
    "`wait`": "POLL_WAIT_MAX",
    "waiting `/events` requests of a grant": "POLLS_PER_GRANT",
    "span of a history request": "HISTORY_SPAN_MAX",
    "default span of a history request": "HISTORY_SPAN",
    "points of a history response": "HISTORY_POINTS_MAX",
    "points of a forecast": "FORECAST_POINTS_MAX",
    "life of a cached forecast": "FORECAST_LIFETIME",
    "life of a cached forecast failure": "FORECAST_FAILURE_LIFETIME",
    "picture": "STILL_SIZE_MAX",
    "life of a cached picture": "STILL_LIFETIME",
    "unused stream URL": "STREAM_IDLE_TIMEOUT",
    "life of a stream URL": "STREAM_LIFETIME",
    "stream URLs of a grant": "STREAMS_PER_GRANT",
    "wait for a camera's playlist": "STREAM_TIMEOUT",
    "pause after a camera's failure": "STREAM_FAILURE_LIFETIME",
    "commands of a batch": "BATCH_SIZE_MAX",
    "ids of commands, devices, rings and streams, names of commands": "ID_LENGTH_MAX",
    "texts in `params`": "TEXT_LENGTH_MAX",
    "`pin`": "PIN_LENGTH_MAX",
    "commands of a grant at once": "COMMAND_BURST",
    "life of a result for repetitions": "RESULT_LIFETIME",
    "service call": "COMMAND_TIMEOUT",
    "wait for the wanted state": "CONFIRM_TIMEOUT",
    "time without a token": "AUTHENTICATE_TIMEOUT",
    "ping interval": "PING_INTERVAL",
    "ping timeout": "PING_TIMEOUT",
    "message": "PACKET_SIZE",
    "message of a display": "PACKET_SIZE_MAX",
    "unread bytes": "QUEUE_SIZE",
    "unread packets": "QUEUE_PACKETS",
    "sockets of a source": "SESSIONS_PER_SOURCE",
    "sockets of all sources": "SESSIONS",
    "sockets without a token": "SESSIONS_UNAUTHENTICATED",
    "WebRTC streams of a socket": "WEBRTC_STREAMS_PER_VIEWER",
    "SDP offer": "WEBRTC_OFFER_SIZE_MAX",
    "ICE candidate": "WEBRTC_CANDIDATE_SIZE_MAX",
    "`sdpMid`": "SDP_MID_LENGTH_MAX",
    "`usernameFragment`": "USERNAME_FRAGMENT_LENGTH_MAX",
    "`action`, name and message of a ring": "RING_TEXT_MAX",
}
RATES = {
    "requests of a source": "REQUESTS_PER_SOURCE",
    "requests of all sources that prove nothing": "REQUESTS_UNKNOWN",
    "alerts of requests that prove nothing, and wakes": "UNPROVEN_ALERTS",
    "checks of a source without a verifier": "CHECKS_PER_SOURCE",
    "checks of a plain code, all sources": "CHECKS_TOTAL",
}
SPANS = {"`timeout` of `interphone.ring`": ("RING_TIMEOUT_MIN", "RING_TIMEOUT_MAX")}
# Stated, but no constant of the package.
OTHERS = {"verifier (RFC 7636)", "history requests of a grant at once"}

SECURITY = {
    "signing keys held at once": "KEYS_MAX",
    "keys that only recognise, after a restored backup": "RETIRED_KEYS_MAX",
    "age at which the signing key is renewed": "SIGNING_KEY_MAX_AGE",
    "leeway for `exp` and `iat`": "TOKEN_LEEWAY",
    "spent refresh tokens remembered for each grant": "SPENT_REFRESH_TOKENS_MAX",
    "grants": "GRANTS_MAX",
    "latest end of a grant": "END_MAX",
    "steps in which `last_used` of a grant moves": "LAST_USED_STEP",
    "interval at which ends are compared with the wall clock": "END_CHECK",
    "sources with a remembered budget": "TRACKED_SOURCES_MAX",
    "letters of a code begun at a display": "DISPLAY_CODE_LENGTH",
    "attachments of a socket message": "ATTACHMENTS_MAX",
    "nesting of a socket message": "JSON_DEPTH_MAX",
    "events of a session at once": "EVENT_BURST",
}
# In bytes in the code, in bits on the page.
SECRETS = dict.fromkeys(("signing key", "refresh token", "ticket of a stream URL"), "KEY_BYTES")
SUSTAINED = {
    ("commands of a grant, sustained", "protocol"): "COMMAND_RATE",
    ("events of a session, sustained", "security"): "EVENT_RATE",
}


@pytest.mark.parametrize("name", PROTOCOL)
def test_a_limit_of_the_protocol(name: str) -> None:
    assert constant(PROTOCOL[name]) == limit(name)


@pytest.mark.parametrize("name", RATES)
def test_a_rate_of_the_protocol(name: str) -> None:
    assert list(constant(RATES[name])) == rates(name)


@pytest.mark.parametrize("name", SPANS)
def test_a_span_of_the_protocol(name: str) -> None:
    low, high = SPANS[name]
    assert (constant(low), constant(high)) == span(name)


@pytest.mark.parametrize("name", SECURITY)
def test_a_limit_of_the_security_page(name: str) -> None:
    assert constant(SECURITY[name]) == limit(name, "security")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_the_security_page(name: str) -> None:
    assert constant(SECRETS[name]) * 8 == limit(name, "security")


@pytest.mark.parametrize(("name", "page"), SUSTAINED)
def test_a_sustained_rate(name: str, page: str) -> None:
    assert rates(name, page) == [(constant(SUSTAINED[name, page]), 1)]


def test_every_stated_limit_is_compared() -> None:
    compared = {"protocol": {*PROTOCOL, *RATES, *SPANS, *OTHERS}, "security": {*SECURITY, *SECRETS}}
    for name, page in SUSTAINED:
        compared[page].add(name)
    assert {page: set(rows(page)) for page in compared} == compared


def test_what_the_options_allow() -> None:
    """The ranges of options stand in the third column, next to the default."""
    page = (DOCS / "protocol.md").read_text()
    for text, low, high in (
        ("8 to 10", "CODE_LENGTH_MIN", "CODE_LENGTH_MAX"),
        ("1 to 15 min", "CODE_LIFETIME_MIN", "CODE_LIFETIME_MAX"),
        ("8 to 2,048", "SESSIONS_PER_SOURCE_MIN", "SESSIONS"),
        ("1 h to 30 d", "TOKEN_LIFETIME_MIN", "TOKEN_LIFETIME_MAX"),
    ):
        assert re.search(rf"an option, {re.escape(text)}(;[^|]*)? \|", page)
        first, _, last = text.partition(" to ")
        unit = "" if " " in first else last.partition(" ")[2]
        assert (amount(f"{first} {unit}".strip()), amount(last)) == (constant(low), constant(high))
