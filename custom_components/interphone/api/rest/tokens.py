"""`/token`, `/revoke` and `/grant`: how a website keeps its access, ends it, and reads what it holds."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiohttp import web
import voluptuous as vol

from ... import errors
from ...access.models import May
from ...access.tokens import TOKEN_LENGTH_MAX
from ..contract import COUNT, Validator, component, json_schema, matching, text
from ..grants import for_website
from ..operation import JSON, Body, Operation, json_of, success
from ..view import Call, GrantCall, GrantView, View, json_response

TOKEN: Final = text(TOKEN_LENGTH_MAX)


REFRESH: Final = "refresh_token"
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"

# Seconds that an exchanged token lives at least: less than a page needs to load is of no use.
EXCHANGED_LIFETIME_MIN: Final = 60
# Devices that an exchanged token may name: it stays far below `TOKEN_LENGTH_MAX`.
EXCHANGED_DEVICES_MAX: Final = 64

# With ids of this length a token of that many devices stays below `TOKEN_LENGTH_MAX`.
_DEVICE_ID: Final = matching("[0-9A-Za-z_-]{1,32}", "expected the id of a device")

_REFRESH: Final = vol.Schema(
    {vol.Required("grant_type"): REFRESH, vol.Required("refresh_token"): TOKEN}, extra=vol.REMOVE_EXTRA
)
_EXCHANGE: Final = vol.Schema(
    {
        vol.Required("grant_type"): EXCHANGE,
        vol.Required("subject_token"): TOKEN,
        vol.Optional("expires_in"): vol.All(int, vol.Range(min=EXCHANGED_LIFETIME_MIN)),
        vol.Optional("may"): vol.In([may.value for may in May]),
        vol.Optional("devices"): vol.All([_DEVICE_ID], vol.Length(max=EXCHANGED_DEVICES_MAX)),
    },
    extra=vol.REMOVE_EXTRA,
)


def _read_body(body: Any) -> Any:
    """Validate by the schema of the body's `grant_type`, so that an error names the faulty field."""
    exchanges = isinstance(body, Mapping) and body.get("grant_type") == EXCHANGE
    return (_EXCHANGE if exchanges else _REFRESH)(body)


_BODY: Final = Validator(_read_body, {"anyOf": [json_schema(_REFRESH), json_schema(_EXCHANGE)]})


class TokenView(View):
    """Exchanges a refresh token for a new pair (RFC 6749, section 6), or an access token for a narrower one."""

    path = "/token"

    @Operation(
        "Exchange a refresh token for new tokens (RFC 6749, section 6), or an access token for one that is shorter and "
        "narrower (RFC 8693)",
        {JSON: vol.Any(success(token=str, refresh_token=str, expires_in=COUNT), success(token=str, expires_in=COUNT))},
        errors=(
            errors.InvalidTokenError,
            errors.ExpiredTokenError,
            errors.ReusedTokenError,
            errors.RevokedGrantError,
            errors.PausedGrantError,
            errors.StorageError,
        ),
        body=Body(vol.Schema(_BODY)),
    )
    async def post(self, call: Call) -> web.Response:
        """Return the new pair, and the refresh token is spent; or the exchanged token, which spends nothing."""
        if call.body["grant_type"] == EXCHANGE:
            return self._exchange(call)
        _grant, tokens = await call.relay.grants.refresh(call.body["refresh_token"], call.peer.source)
        return json_response(
            {
                "success": True,
                "token": tokens.access,
                "refresh_token": tokens.refresh,
                "expires_in": tokens.expires_in,
            }
        )

    def _exchange(self, call: Call) -> web.Response:
        may, devices = call.body.get("may"), call.body.get("devices")
        token, expires_in = call.relay.grants.exchange(
            call.body["subject_token"],
            call.peer.source,
            expires_in=call.body.get("expires_in"),
            may=None if may is None else May(may),
            devices=None if devices is None else frozenset(devices),
        )
        return json_response({"success": True, "token": token, "expires_in": expires_in})


class RevokeView(View):
    """Ends a website's own grant, whichever of its tokens is presented (RFC 7009); an exchanged token ends alone."""

    path = "/revoke"

    @Operation(
        "Leave: the grant behind the token ends, or an exchanged token alone (RFC 7009)",
        json_of(),
        errors=(errors.StorageError, errors.RateLimitedError),
        body=Body(vol.Schema({vol.Required("token"): TOKEN}, extra=vol.REMOVE_EXTRA)),
    )
    async def post(self, call: Call) -> web.Response:
        """End what the token stands for; a token that is good for nothing counts as revoked (RFC 7009, section 2.2)."""
        grants = call.relay.grants
        with suppress(errors.InvalidTokenError, errors.ExpiredTokenError, errors.UnknownGrantError):
            await grants.end(call.body["token"], call.peer.source)
        return json_response({"success": True})


class GrantDetailView(GrantView):
    """The grant that a website holds."""

    path = "/grant"

    @Operation("What this website was given", json_of(serial=str, grant=component("grant")))
    async def get(self, call: GrantCall) -> web.Response:
        """Return the home's serial and the grant."""
        relay = call.relay
        return json_response({"success": True, "serial": relay.serial, "grant": for_website(relay, call.grant)})
