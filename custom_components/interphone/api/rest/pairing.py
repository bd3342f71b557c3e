"""`/code` and `/codecheck`: how a website is let in."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
import voluptuous as vol

from ...const import BASE_PATH
from ...errors import CodeRequiredError, InvalidRequestError
from ...pairing.models import CLIENT_TEXT_MAX, Asker, Lane, Pairing, Proof, is_challenge
from ...relay import Relay
from ..origin import refuse_other_pages
from ..source import request_source
from ..view import Handler, InterphoneView, answer, describe, read_object

CODE_HEADER: Final = "code"
CHALLENGE_HEADER: Final = "X-Pairing-Challenge"


def client_text(value: Any) -> str | None:
    """Check a stranger's words before a panel shows them: a short line without control characters."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > CLIENT_TEXT_MAX or not value.isprintable():
        raise vol.Invalid(f"expected at most {CLIENT_TEXT_MAX} printable characters")
    return value.strip() or None


def challenge(value: Any) -> str:
    """Check an S256 challenge."""
    if not isinstance(value, str) or not is_challenge(value):
        raise vol.Invalid("expected the base64url SHA-256 of a verifier, without padding")
    return value


ASKING: Final = {
    vol.Optional("client_name", default=None): client_text,
    vol.Optional("account_hint", default=None): client_text,
    vol.Optional("challenge"): challenge,
}
# The query of a GET may hold what is not ours: the plain contract never looked at it.
QUERY_SCHEMA: Final = vol.Schema(ASKING, extra=vol.REMOVE_EXTRA)
BODY_SCHEMA: Final = vol.Schema(ASKING)

PROOF_SCHEMA: Final = vol.Schema(
    {
        vol.Inclusive("pairing_id", "proof"): vol.All(str, vol.Length(min=1, max=64)),
        vol.Inclusive("verifier", "proof"): vol.All(str, vol.Length(min=1, max=128)),
    },
    extra=vol.REMOVE_EXTRA,
)


class CodeView(InterphoneView):
    """Ask the home to show a code."""

    url = f"{BASE_PATH}/code"
    name = "api:interphone:code"
    get_is_safe = False

    def handlers(self) -> Mapping[str, Handler]:
        """GET as in 2021; POST for what has a body."""
        return {hdrs.METH_GET: self._get, hdrs.METH_POST: self._post}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        refuse_other_pages(request)
        try:
            asking = QUERY_SCHEMA({key: value for key, value in request.query.items() if key != "challenge"})
        except vol.Invalid as err:
            raise InvalidRequestError(describe(err)) from err
        return _request(relay, request, asking)

    async def _post(self, relay: Relay, request: web.Request) -> web.Response:
        refuse_other_pages(request)
        return _request(relay, request, await read_object(request, BODY_SCHEMA, optional=True))


def _request(relay: Relay, request: web.Request, asking: dict[str, Any]) -> web.Response:
    asker = Asker(
        source=request_source(request),
        origin=request.headers.get(hdrs.ORIGIN),
        client_name=asking["client_name"],
        account_hint=asking["account_hint"],
    )
    pairing = relay.desk.request(asker, asking.get("challenge") or _header_challenge(request))
    if pairing.lane is Lane.PLAIN:
        return answer({"success": True})
    return answer(
        {
            "success": True,
            "pairing_id": pairing.id,
            "state": pairing.state,
            "expires_in": relay.desk.remaining(pairing),
            "code_length": relay.desk.settings.style.length,
        }
    )


def _header_challenge(request: web.Request) -> str | None:
    header = request.headers.get(CHALLENGE_HEADER)
    if header is None:
        return None
    try:
        return challenge(header)
    except vol.Invalid as err:
        raise InvalidRequestError(f"{CHALLENGE_HEADER}: {err}") from err


class CodeCheckView(InterphoneView):
    """Redeem a code for tokens."""

    url = f"{BASE_PATH}/codecheck"
    name = "api:interphone:codecheck"

    def handlers(self) -> Mapping[str, Handler]:
        """POST, as in 2021."""
        return {hdrs.METH_POST: self._post}

    async def _post(self, relay: Relay, request: web.Request) -> web.Response:
        code = request.headers.get(CODE_HEADER, "").strip()
        if not code:
            raise CodeRequiredError
        source = request_source(request)
        paired = relay.desk.check(code, source, await _read_proof(request))
        grant, tokens = await relay.grants.create(
            _grant_name(paired, request),
            origin=request.headers.get(hdrs.ORIGIN),
            account_hint=paired.asker.account_hint,
            source=source,
        )
        return answer(
            {
                "success": True,
                "token": tokens.access,
                "refresh_token": tokens.refresh,
                "expires_in": tokens.expires_in,
                "serial": relay.serial,
                "grant_id": grant.id,
            },
            HTTPStatus.CREATED,
        )


async def _read_proof(request: web.Request) -> Proof | None:
    """Read the proof of a bound pairing. The plain contract never looked at the body, whatever it holds."""
    if request.content_type != "application/json":
        return None
    proof = await read_object(request, PROOF_SCHEMA, optional=True)
    return Proof(**proof) if proof else None


def _grant_name(paired: Pairing, request: web.Request) -> str:
    """Name the grant as the website calls itself, else by where it is."""
    host = urlsplit(request.headers.get(hdrs.ORIGIN, "")).hostname
    return paired.asker.client_name or host or request_source(request)
