"""The constants are the limits that the documents state: a changed number needs a changed document."""

import pytest

from custom_components.interphone import services
from custom_components.interphone.access import grants, tokens
from custom_components.interphone.api import view
from custom_components.interphone.api.socketio import packet, server
from custom_components.interphone.devices import commands, feed, forecasts, history, polls, rings
from custom_components.interphone.engineio import settings
from custom_components.interphone.media import hls, stills, webrtc
from custom_components.interphone.pairing import codes, desk, limits, models

from .documented import DOCS, amount, limit, rates, rows, span

PROTOCOL = {
    "length of a code": codes.CODE_LENGTH,
    "life of a code": codes.CODE_LIFETIME,
    "`client_name`, `account_hint`": models.CLIENT_TEXT_MAX,
    "pairings that are not shown yet": desk.PENDING_MAX,
    "attempts at a bound pairing": desk.ATTEMPTS_PER_SOURCE,
    "attempts of a source at a plain pairing": desk.ATTEMPTS_PER_SOURCE,
    "attempts of all sources at a plain pairing": desk.ATTEMPTS_PLAIN_TOTAL,
    "wrong codes of all sources": limits.FAILURE_GATE,
    "life of an access token": tokens.TOKEN_LIFETIME,
    "length of a token": tokens.TOKEN_LENGTH_MAX,
    "grace period of a spent refresh token": tokens.REFRESH_GRACE,
    "body": view.BODY_SIZE_MAX,
    "changes held by the feed": feed.FEED_LENGTH,
    "`wait`": polls.POLL_WAIT_MAX,
    "waiting `/events` requests of a grant": polls.POLLS_PER_GRANT,
    "span of a history request": history.HISTORY_SPAN_MAX,
    "default span of a history request": history.HISTORY_SPAN,
    "points of a history response": history.HISTORY_POINTS_MAX,
    "points of a forecast": forecasts.FORECAST_POINTS_MAX,
    "life of a cached forecast": forecasts.FORECAST_LIFETIME,
    "life of a cached forecast failure": forecasts.FORECAST_FAILURE_LIFETIME,
    "picture": stills.PICTURE_SIZE_MAX,
    "life of a cached picture": stills.PICTURE_LIFETIME,
    "unused stream URL": hls.STREAM_IDLE_TIMEOUT,
    "life of a stream URL": hls.STREAM_LIFETIME,
    "stream URLs of a grant": hls.STREAMS_PER_GRANT,
    "wait for a camera's playlist": hls.STREAM_TIMEOUT,
    "pause after a camera's failure": hls.STREAM_FAILURE_LIFETIME,
    "commands of a batch": commands.BATCH_SIZE_MAX,
    "commands of a grant at once": commands.COMMAND_BURST,
    "life of a result for repetitions": commands.RESULT_LIFETIME,
    "service call": commands.COMMAND_TIMEOUT,
    "wait for the wanted state": commands.CONFIRM_TIMEOUT,
    "time without a token": server.AUTHENTICATE_TIMEOUT,
    "ping interval": settings.PING_INTERVAL,
    "ping timeout": settings.PING_TIMEOUT,
    "message": settings.PACKET_SIZE,
    "message of a display": settings.PACKET_SIZE_MAX,
    "unread bytes": settings.QUEUE_SIZE,
    "unread packets": settings.QUEUE_PACKETS,
    "sockets of a source": settings.SESSIONS_PER_SOURCE,
    "sockets of all sources": settings.SESSIONS,
    "sockets without a token": settings.SESSIONS_UNAUTHENTICATED,
    "WebRTC streams of a socket": webrtc.WEBRTC_STREAMS_PER_VIEWER,
    "`action`, name and message of a ring": rings.RING_TEXT_MAX,
}
RATES = {
    "requests of a source": desk.REQUESTS_PER_SOURCE,
    "requests of all sources that have not paired before": desk.REQUESTS_UNKNOWN,
    "checks of a source": desk.CHECKS_PER_SOURCE,
    "checks of all sources": desk.CHECKS_TOTAL,
    "commands of a grant, sustained": ((commands.COMMAND_RATE, 1),),
}
SPANS = {"`timeout` of `interphone.ring`": (services.RING_TIMEOUT_MIN, services.RING_TIMEOUT_MAX)}
# Stated, but no constant of the package.
OTHERS = {"verifier (RFC 7636)", "history requests of a grant at once"}

SECURITY = {
    "signing key": tokens.KEY_BYTES * 8,
    "signing keys held at once": tokens.KEYS_MAX,
    "age at which the signing key is renewed": tokens.SIGNING_KEY_MAX_AGE,
    "leeway for `exp` and `iat`": tokens.TOKEN_LEEWAY,
    "spent refresh tokens remembered for each grant": tokens.SPENT_REFRESH_TOKENS_MAX,
    "grants": grants.GRANTS_MAX,
    "sources with a remembered budget": limits.TRACKED_SOURCES_MAX,
    "letters of a code begun at a display": desk.PANEL_CODE_LENGTH,
    "attachments of a socket message": packet.ATTACHMENTS_MAX,
    "nesting of a socket message": packet.JSON_DEPTH_MAX,
    "events of a session at once": server.EVENT_BURST,
    "refresh token": tokens.KEY_BYTES * 8,
    "ticket of a stream URL": tokens.KEY_BYTES * 8,
}


@pytest.mark.parametrize("name", PROTOCOL)
def test_a_limit_of_the_protocol(name: str) -> None:
    assert PROTOCOL[name] == limit(name)


@pytest.mark.parametrize("name", RATES)
def test_a_rate_of_the_protocol(name: str) -> None:
    assert list(RATES[name]) == rates(name)


@pytest.mark.parametrize("name", SPANS)
def test_a_span_of_the_protocol(name: str) -> None:
    assert SPANS[name] == span(name)


@pytest.mark.parametrize("name", SECURITY)
def test_a_limit_of_the_security_page(name: str) -> None:
    assert SECURITY[name] == limit(name, "security")


def test_the_rate_of_events() -> None:
    assert rates("events of a session, sustained", "security") == [(server.EVENT_RATE, 1)]


def test_every_stated_limit_is_compared() -> None:
    assert set(rows("protocol")) == PROTOCOL.keys() | RATES.keys() | SPANS.keys() | OTHERS
    assert set(rows("security")) == SECURITY.keys() | {"events of a session, sustained"}


def test_what_the_options_allow() -> None:
    """Ranges of options stand in the third column, beside the default."""
    page = (DOCS / "protocol.md").read_text()
    for text, low, high, unit in (
        ("6 to 10", codes.CODE_LENGTH_MIN, codes.CODE_LENGTH_MAX, 1),
        ("1 to 15 min", codes.CODE_LIFETIME_MIN, codes.CODE_LIFETIME_MAX, 60),
        ("8 to 2,048", settings.SESSIONS_PER_SOURCE_MIN, settings.SESSIONS, 1),
    ):
        assert f"an option, {text} |" in page
        ends = [int(end.replace(",", "")) * unit for end in text.removesuffix(" min").split(" to ")]
        assert ends == [low, high]
    assert "an option, 1 h to 30 d |" in page
    assert (amount("1 h"), amount("30 d")) == (tokens.TOKEN_LIFETIME_MIN, tokens.TOKEN_LIFETIME_MAX)
