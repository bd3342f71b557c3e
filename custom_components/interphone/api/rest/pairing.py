"""`/code` and `/codecheck`: how a website is paired."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
import math
import time
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web
import voluptuous as vol

from ... import errors
from ...devices.envelope import ID_LENGTH_MAX
from ...errors import InterphoneError
from ...pairing.models import (
    CHALLENGE,
    CLIENT_TEXT_MAX,
    VERIFIER_LENGTH_MAX,
    Pairing,
    PairingKind,
    PairingState,
    Proof,
    Requester,
    Status,
)
from ...relay import Relay
from ..contract import COUNT, Payload, matching, text
from ..operation import JSON, Body, Operation, json_of, success
from ..origin import refuse_other_pages
from ..view import Call, View, bearer_token, json_response
from .events import WAIT

CHALLENGE_HEADER: Final = "X-Pairing-Challenge"
VERIFIER_HEADER: Final = "X-Pairing-Verifier"


def _printable(words: str) -> str:
    if not words.isprintable():
        raise vol.Invalid("not printable")
    return words


def _stripped(words: object) -> str | None:
    return (isinstance(words, str) and words.strip()) or None


def _trimmed(words: object) -> str:
    return str(words).strip()


# Names that a website gives itself and its user: a short line without control characters, since a display shows it.
CLIENT_TEXT: Final = vol.All(
    vol.Any(
        None,
        vol.All(str, vol.Length(max=CLIENT_TEXT_MAX), _printable),
        msg=f"expected at most {CLIENT_TEXT_MAX} printable characters",
    ),
    _stripped,
)
CHALLENGE_TEXT: Final = matching(CHALLENGE.pattern, "expected the base64url SHA-256 of a verifier, without padding")

CLIENT: Final = {
    vol.Optional("client_name", default=None, description="Who asks, for the displays to show."): CLIENT_TEXT,
    vol.Optional("account_hint", default=None, description="For whom, for the displays to show."): CLIENT_TEXT,
}
CHALLENGE_FIELD: Final = {
    vol.Optional("challenge", description="Binds the code to a verifier (RFC 7636, S256)."): CHALLENGE_TEXT
}
CHALLENGE_HEADERS: Final = Payload(
    vol.Schema(
        {vol.Optional(CHALLENGE_HEADER, description="Binds the code to a verifier (RFC 7636, S256)."): CHALLENGE_TEXT}
    )
)

CODE_HEADERS: Final = Payload(
    vol.Schema(
        {
            vol.Required("code", description="The code that the resident typed."): vol.All(
                str, _trimmed, vol.Length(min=1)
            )
        }
    ),
    errors.CodeRequiredError,
)
PROOF: Final = vol.Schema(
    {
        vol.Inclusive("pairing_id", "proof"): text(ID_LENGTH_MAX),
        vol.Inclusive("verifier", "proof"): text(VERIFIER_LENGTH_MAX),
        **CLIENT,
    },
    extra=vol.REMOVE_EXTRA,
)

VERIFIER_HEADERS: Final = Payload(
    vol.Schema(
        {
            vol.Required(VERIFIER_HEADER, description="The verifier of the pairing's challenge."): text(
                VERIFIER_LENGTH_MAX
            )
        }
    )
)

STATUS: Final = {
    "state": vol.In([str(state) for state in PairingState]),
    "shown": vol.Maybe(bool),
    "expires_in": COUNT,
    "attempts_left": COUNT,
}

REQUESTED: Final = {
    JSON: vol.Any(
        success(),
        success(
            pairing_id=str,
            state=vol.In([str(state) for state in PairingState if state.live]),
            expires_in=COUNT,
            code_length=COUNT,
        ),
    )
}


class CodeView(View):
    """Asks the home to show a code."""

    path = "/code"

    async def read(self, relay: Relay, request: web.Request, operation: Operation) -> Call:
        """Refuse pages that send no `Origin` before anything is read."""
        refuse_other_pages(request)
        return await super().read(relay, request, operation)

    @Operation(
        "Ask the home to show a code",
        REQUESTED,
        errors=(errors.RateLimitedError,),
        # The query may hold what is not ours: the contract of 2021 never looked at it.
        query=Payload(vol.Schema(CLIENT, extra=vol.REMOVE_EXTRA)),
        headers=CHALLENGE_HEADERS,
        safe=False,
    )
    async def get(self, call: Call) -> web.Response:
        """Request a pairing, as in 2021."""
        return _request(call, call.query)

    @Operation(
        "Ask the home to show a code",
        REQUESTED,
        errors=(errors.RateLimitedError,),
        headers=CHALLENGE_HEADERS,
        body=Body(vol.Schema({**CLIENT, **CHALLENGE_FIELD}), required=False),
    )
    async def post(self, call: Call) -> web.Response:
        """Request a pairing, bound to a challenge if there is one."""
        return _request(call, call.body)


def _request(call: Call, client: Any) -> web.Response:
    challenge = client.get("challenge") or call.headers.get(CHALLENGE_HEADER)
    pairing = call.relay.desk.request(_sender(call, client, proven=_is_proven(call)), challenge)
    if pairing.kind is PairingKind.PLAIN:
        return json_response({"success": True})
    status = Status.of(pairing, time.monotonic())
    return json_response(
        {
            "success": True,
            "pairing_id": pairing.id,
            "state": status.state,
            "expires_in": status.expires_in,
            "code_length": pairing.style.length,
        }
    )


def _sender(call: Call, client: Mapping[str, Any], *, proven: bool = False) -> Requester:
    """Return who requests or checks a code."""
    return Requester(
        source=call.peer.source,
        origin=call.peer.origin,
        client_name=client["client_name"],
        account_hint=client["account_hint"],
        door=call.peer.door.id,
        proven=proven,
    )


def _is_proven(call: Call) -> bool:
    """Whether an access token of a live grant of the page's own origin came with the request.

    An exchanged token proves nothing: it is handed to pages and people that do not speak for the website.
    """
    with suppress(InterphoneError):
        admission = call.relay.grants.admit(bearer_token(call.request), call.peer.source)
        origin = admission.grant.origin
        return admission.bound.token_id is None and origin is not None and origin == call.peer.origin
    return False


class CodeCheckView(View):
    """Redeems a code for tokens."""

    path = "/codecheck"

    @Operation(
        "Redeem a code for tokens",
        json_of(token=str, refresh_token=str, expires_in=COUNT, serial=str, grant_id=str, home_name=str),
        HTTPStatus.CREATED,
        errors=(
            errors.ExpiredCodeError,
            errors.WrongCodeError,
            errors.ProofRequiredError,
            errors.RateLimitedError,
            errors.TooManyGrantsError,
            errors.RevokedGrantError,  # revoked while it was being written
            errors.PausedGrantError,
            errors.StorageError,
        ),
        headers=CODE_HEADERS,
        body=Body(PROOF, required=False, only_json=True),
    )
    async def post(self, call: Call) -> web.Response:
        """Create the grant, and return its tokens."""
        body = call.body or {"client_name": None, "account_hint": None}
        proof = Proof(body["pairing_id"], body["verifier"]) if "pairing_id" in body else None
        paired = call.relay.desk.check(call.headers["code"], _sender(call, body), proof)
        grant, tokens = await call.relay.grants.create(
            _grant_name(paired),
            origin=paired.requester.origin,
            account_hint=paired.requester.account_hint,
            source=call.peer.source,
        )
        return json_response(
            {
                "success": True,
                "token": tokens.access,
                "refresh_token": tokens.refresh,
                "expires_in": tokens.expires_in,
                "serial": call.relay.serial,
                "grant_id": grant.id,
                "home_name": call.relay.home_name,
            },
            HTTPStatus.CREATED,
        )


def _grant_name(paired: Pairing) -> str:
    """Name the grant as the website calls itself, else by its host, else by its address."""
    host = urlsplit(paired.requester.origin or "").hostname
    return paired.requester.client_name or host or paired.requester.source


class PairingView(View):
    """The status of a bound pairing, for whoever holds its verifier."""

    path = "/pairing/{pairing_id}"

    @Operation(
        "Say how a bound pairing stands",
        {
            # `retry_after` is in seconds, until a new request is allowed.
            JSON: vol.Any(success(**STATUS), success(**STATUS, retry_after=COUNT))
        },
        errors=(errors.UnknownPairingError, errors.ProofRequiredError, errors.RateLimitedError),
        query=Payload(vol.Schema(WAIT, extra=vol.REMOVE_EXTRA)),
        headers=VERIFIER_HEADERS,
    )
    async def get(self, call: Call) -> web.Response:
        """Return the status, waiting for a change where `wait` says so. Displays are not notified."""
        proof = Proof(call.request.match_info["pairing_id"], call.headers[VERIFIER_HEADER])
        status = await call.relay.status_polls.status(proof, call.peer.source, call.query.get("wait", 0.0))
        body: dict[str, Any] = {"success": True, **asdict(status)}
        if not status.state.live and (wait := call.relay.desk.request_wait(call.peer.source)):
            body["retry_after"] = math.ceil(wait)
        return json_response(body)
