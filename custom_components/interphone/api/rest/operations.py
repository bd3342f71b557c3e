"""What each path takes and answers, as JSON Schema: the source of `openapi.json`."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs

from ... import errors
from ...access.tokens import TOKEN_LENGTH_MAX
from ...devices.commands import BATCH_SIZE_MAX
from ...devices.history import HISTORY_POINTS_MAX, HISTORY_SPAN, HISTORY_SPAN_MAX
from ...devices.polls import POLL_WAIT_MAX
from ...devices.rings import RING_TEXT_MAX
from ...devices.traits.camera import HLS
from ...devices.traits.weather import FORECASTS
from ...pairing.models import CHALLENGE, CLIENT_TEXT_MAX, PairingState

type Schema = Mapping[str, Any]
type Refusals = tuple[type[errors.InterphoneError], ...]

JSON: Final = "application/json"

# Every path may refuse by these.
ANYWHERE: Final[Refusals] = (errors.NotReadyError, errors.OriginNotAllowedError, errors.InternalError)
# Every path that asks for a token.
UNKNOWN_BEARER: Final[Refusals] = (
    errors.MissingTokenError,
    errors.InvalidTokenError,
    errors.ExpiredTokenError,
    errors.RevokedGrantError,
    errors.PausedGrantError,
)
WITH_BODY: Final[Refusals] = (errors.InvalidRequestError, errors.BodyTooLargeError)
OF_COMMANDS: Final[Refusals] = (
    errors.UnknownDeviceError,
    errors.NotPermittedError,
    errors.UnsupportedCommandError,
    errors.InvalidParamsError,
    errors.DeviceOfflineError,
    errors.CommandExpiredError,
    errors.CommandFailedError,
    errors.CommandTimeoutError,
    errors.RateLimitedError,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `answers` are the schemas of what it answers with `status`, by media type."""

    summary: str
    answers: Mapping[str, Schema]
    status: HTTPStatus = HTTPStatus.OK
    refusals: Refusals = ()
    needs_token: bool = True
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    body_required: bool = True
    # What refusals hold beyond what all of them do.
    refusal_fields: Mapping[str, Schema] | None = None


def component(name: str) -> Schema:
    """Refer to a schema that several places share."""
    return {"$ref": f"#/components/schemas/{name}"}


def fields(**properties: Schema) -> Schema:
    """Describe an object with exactly these fields."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def json_of(**properties: Schema) -> Mapping[str, Schema]:
    """Describe an answer in JSON: success, and these fields."""
    return {JSON: fields(success={"const": True}, **properties)}


def maybe(schema: Schema) -> Schema:
    """Describe what may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": schema}


def _query(name: str, description: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema, "required": required}


def _header(name: str, description: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema, "required": required}


TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
CLIENT_TEXT: Final[Schema] = {"type": "string", "maxLength": CLIENT_TEXT_MAX}
CHALLENGE_TEXT: Final[Schema] = {"type": "string", "pattern": f"^{CHALLENGE.pattern}$"}
PRESENTED: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": TOKEN_LENGTH_MAX}

TOKENS: Final[Mapping[str, Schema]] = {"token": TEXT, "refresh_token": TEXT, "expires_in": COUNT}
POSITION: Final[Mapping[str, Schema]] = {"epoch": TEXT, "seq": COUNT}
CHANGES: Final[Schema] = list_of(
    {"oneOf": [fields(event={"const": name}, payload=component(name)) for name in ("state", "devices", "event")]}
)

PLAYLIST: Final = "application/vnd.apple.mpegurl"
SEGMENT: Final = "video/iso.segment"
POSITION_IN_STREAM: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,9}$"}


def _stream_file(summary: str, media_type: str, *parameters: Schema) -> Operation:
    """Describe one file of a stream: the ticket in its path stands for the token."""
    return Operation(
        summary,
        {media_type: {}},
        refusals=(
            errors.UnknownStreamError,
            errors.InvalidRequestError,
            errors.NotFoundError,
            errors.RateLimitedError,
            errors.RevokedGrantError,
            errors.PausedGrantError,
            errors.UnknownDeviceError,
            errors.UnsupportedStreamError,
            errors.DeviceOfflineError,
            errors.StreamUnavailableError,
        ),
        needs_token=False,
        parameters=parameters,
    )


# Schemas of this room, beside those of the device model.
SHARED: Final[Mapping[str, Schema]] = {
    "grant": fields(
        id=TEXT,
        name=TEXT,
        origin=maybe(TEXT),
        account_hint=maybe(TEXT),
        created=MOMENT,
        scope=fields(devices=maybe(list_of(TEXT)), control=FLAG, doors_and_alarms=FLAG),
        paused=FLAG,
        expires=maybe(MOMENT),
        last_used=maybe(MOMENT),
        last_source=maybe(TEXT),
    ),
    "point": {
        "description": "What the device's traits read from `at` on.",
        **fields(at=MOMENT, online=FLAG, state={"$ref": "#/components/schemas/device/properties/state"}),
    },
}

_ASKED: Final = {
    JSON: {
        "oneOf": [
            fields(success={"const": True}),
            fields(
                success={"const": True},
                pairing_id=TEXT,
                state={"enum": [str(state) for state in PairingState if state.live]},
                expires_in=COUNT,
                code_length=COUNT,
            ),
        ]
    }
}
_REFUSES_TO_ASK: Final[Refusals] = (errors.InvalidRequestError, errors.RateLimitedError)
_CHALLENGE: Final = _header("X-Pairing-Challenge", "Binds the code to a verifier (RFC 7636, S256).", CHALLENGE_TEXT)

OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    (hdrs.METH_GET, "/code"): Operation(
        "Ask the home to show a code",
        _ASKED,
        refusals=_REFUSES_TO_ASK,
        needs_token=False,
        parameters=(
            _CHALLENGE,
            _query("client_name", "Who asks, for the panels to show.", CLIENT_TEXT),
            _query("account_hint", "For whom, for the panels to show.", CLIENT_TEXT),
        ),
    ),
    (hdrs.METH_POST, "/code"): Operation(
        "Ask the home to show a code",
        _ASKED,
        refusals=(*_REFUSES_TO_ASK, errors.BodyTooLargeError),
        needs_token=False,
        parameters=(_CHALLENGE,),
        body={
            "type": "object",
            "properties": {
                "challenge": CHALLENGE_TEXT,
                "client_name": maybe(CLIENT_TEXT),
                "account_hint": maybe(CLIENT_TEXT),
            },
            "additionalProperties": False,
        },
        body_required=False,
    ),
    (hdrs.METH_POST, "/codecheck"): Operation(
        "Redeem a code for tokens",
        json_of(**TOKENS, serial=TEXT, grant_id=TEXT),
        HTTPStatus.CREATED,
        refusals=(
            errors.CodeRequiredError,
            errors.ExpiredCodeError,
            errors.WrongCodeError,
            errors.RateLimitedError,
            errors.TooManyGrantsError,
            errors.RevokedGrantError,  # put out while its grant was being written
            errors.PausedGrantError,
            errors.StorageError,
            *WITH_BODY,
        ),
        needs_token=False,
        parameters=(_header("code", "What the resident typed.", TEXT, required=True),),
        body={
            "type": "object",
            "properties": {"pairing_id": TEXT, "verifier": TEXT},
            "dependentRequired": {"pairing_id": ["verifier"], "verifier": ["pairing_id"]},
        },
        body_required=False,
    ),
    (hdrs.METH_POST, "/token"): Operation(
        "Spend a refresh token for new tokens (RFC 6749, section 6)",
        json_of(**TOKENS),
        refusals=(
            errors.InvalidTokenError,
            errors.ExpiredTokenError,
            errors.ReusedTokenError,
            errors.RevokedGrantError,
            errors.PausedGrantError,
            errors.StorageError,
            *WITH_BODY,
        ),
        needs_token=False,
        body={
            "type": "object",
            "properties": {"grant_type": {"const": "refresh_token"}, "refresh_token": PRESENTED},
            "required": ["grant_type", "refresh_token"],
        },
    ),
    (hdrs.METH_POST, "/revoke"): Operation(
        "Leave: the grant behind the token ends (RFC 7009)",
        json_of(),
        refusals=(errors.StorageError, *WITH_BODY),
        needs_token=False,
        body={"type": "object", "properties": {"token": PRESENTED}, "required": ["token"]},
    ),
    (hdrs.METH_GET, "/grant"): Operation("What this website was given", json_of(serial=TEXT, grant=component("grant"))),
    (hdrs.METH_GET, "/devices"): Operation(
        "All devices this website sees", json_of(**POSITION, devices=list_of(component("device")))
    ),
    (hdrs.METH_GET, "/devices/{device_id}"): Operation(
        "One device", json_of(**POSITION, device=component("device")), refusals=(errors.UnknownDeviceError,)
    ),
    (hdrs.METH_GET, "/devices/{device_id}/history"): Operation(
        "What a device's traits read in the past, oldest first",
        json_of(id=TEXT, start=MOMENT, end=MOMENT, points=list_of(component("point")), next=maybe(MOMENT)),
        refusals=(
            errors.UnknownDeviceError,
            errors.InvalidRequestError,
            errors.RateLimitedError,
            errors.HistoryUnavailableError,
        ),
        parameters=(
            _query("start", f"By default {HISTORY_SPAN / 3600:g} hours before the end.", MOMENT),
            _query("end", f"By default now; at most {HISTORY_SPAN_MAX / 86400:g} days after the start.", MOMENT),
            _query("limit", "How many points.", {"type": "integer", "minimum": 1, "maximum": HISTORY_POINTS_MAX}),
        ),
    ),
    (hdrs.METH_GET, "/devices/{device_id}/forecast"): Operation(
        "What a weather service foretells, soonest first",
        json_of(id=TEXT, type={"enum": list(FORECASTS)}, points=list_of(component("forecast"))),
        refusals=(
            errors.UnknownDeviceError,
            errors.InvalidRequestError,
            errors.UnsupportedForecastError,
            errors.DeviceOfflineError,
            errors.ForecastUnavailableError,
        ),
        parameters=(_query("type", "One of the device's `forecasts`.", {"enum": list(FORECASTS)}, required=True),),
    ),
    (hdrs.METH_GET, "/devices/{device_id}/snapshot"): Operation(
        "What a camera sees now",
        {"image/*": {}, "application/octet-stream": {}},
        refusals=(
            errors.UnknownDeviceError,
            errors.UnsupportedCommandError,
            errors.DeviceOfflineError,
            errors.CommandFailedError,
            errors.PictureTooLargeError,
        ),
    ),
    (hdrs.METH_GET, "/devices/{device_id}/stream"): Operation(
        "An address of what a camera streams, for players that can send no token",
        json_of(url={"type": "string", "format": "uri-reference"}, format={"enum": [HLS]}, expires_in=COUNT),
        refusals=(
            errors.UnknownDeviceError,
            errors.UnsupportedStreamError,
            errors.DeviceOfflineError,
            errors.StreamUnavailableError,
            errors.RateLimitedError,
            errors.UnknownStreamError,  # the token ended meanwhile
        ),
    ),
    (hdrs.METH_GET, "/streams/{ticket}/master_playlist.m3u8"): _stream_file("Where the stream's playlist is", PLAYLIST),
    (hdrs.METH_GET, "/streams/{ticket}/playlist.m3u8"): _stream_file(
        "The stream's pieces, newest last",
        PLAYLIST,
        _query("_HLS_msn", "Wait for the segment of this number.", POSITION_IN_STREAM),
        _query("_HLS_part", "Wait for this part of it.", POSITION_IN_STREAM),
    ),
    (hdrs.METH_GET, "/streams/{ticket}/init.mp4"): _stream_file("What all segments begin with", "video/mp4"),
    (hdrs.METH_GET, "/streams/{ticket}/segment/{sequence}.m4s"): _stream_file("A segment", SEGMENT),
    (hdrs.METH_GET, "/streams/{ticket}/segment/{sequence}.{part_num}.m4s"): _stream_file("A part of one", SEGMENT),
    (hdrs.METH_POST, "/commands"): Operation(
        "Carry out one command, or a list of them",
        {
            JSON: {
                "oneOf": [
                    component("outcome"),
                    fields(success={"const": True}, results=list_of(component("result"))),
                ]
            }
        },
        refusals=(*OF_COMMANDS, *WITH_BODY),
        body={
            "oneOf": [
                component("command"),
                {**list_of(component("command")), "minItems": 1, "maxItems": BATCH_SIZE_MAX},
            ]
        },
        refusal_fields={"id": maybe(TEXT), "status": {"enum": ["failed", "expired"]}},
    ),
    (hdrs.METH_GET, "/events"): Operation(
        "What changed since a position, or all there is",
        {
            JSON: {
                "oneOf": [
                    fields(success={"const": True}, **POSITION, changes=CHANGES),
                    fields(success={"const": True}, **POSITION, devices=list_of(component("device"))),
                ]
            }
        },
        refusals=(errors.InvalidRequestError,),
        parameters=(
            _query("since", "The position that is known: `epoch:seq`.", {"type": "string", "pattern": "^.+:[0-9]+$"}),
            _query(
                "wait",
                "Seconds to wait for a change when there is none yet.",
                {"type": "number", "minimum": 0, "maximum": POLL_WAIT_MAX, "default": 0},
            ),
        ),
    ),
    (hdrs.METH_POST, "/events/{event_id}/answer"): Operation(
        "Answer a ring, if nobody else was first",
        json_of(),
        refusals=(
            errors.UnknownEventError,
            errors.NotPermittedError,
            errors.AlreadyAnsweredError,
            errors.ExpiredEventError,
            *WITH_BODY,
        ),
        body={
            "type": "object",
            "properties": {"action": maybe({"type": "string", "minLength": 1, "maxLength": RING_TEXT_MAX})},
            "additionalProperties": False,
        },
        body_required=False,
    ),
    (hdrs.METH_GET, "/openapi.json"): Operation(
        "This description", {JSON: {"type": "object", "required": ["openapi", "paths"]}}, needs_token=False
    ),
}
