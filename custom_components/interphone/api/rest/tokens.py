"""`/token`, `/revoke` and `/grant`: how a website keeps its access, ends it, and reads what it holds."""

from contextlib import suppress
from typing import Final

from aiohttp import web
import voluptuous as vol

from ... import errors
from ...access.tokens import TOKEN_LENGTH_MAX
from ..contract import COUNT, component, text
from ..grants import for_website
from ..operation import Body, Operation, json_of
from ..view import Call, GrantCall, GrantView, View, json_response

TOKEN: Final = text(TOKEN_LENGTH_MAX)


class TokenView(View):
    """Exchanges a refresh token for a new pair (RFC 6749, section 6)."""

    path = "/token"

    @Operation(
        "Exchange a refresh token for new tokens (RFC 6749, section 6)",
        json_of(token=str, refresh_token=str, expires_in=COUNT),
        errors=(
            errors.InvalidTokenError,
            errors.ExpiredTokenError,
            errors.ReusedTokenError,
            errors.RevokedGrantError,
            errors.PausedGrantError,
            errors.StorageError,
        ),
        body=Body(
            vol.Schema(
                {vol.Required("grant_type"): "refresh_token", vol.Required("refresh_token"): TOKEN},
                extra=vol.REMOVE_EXTRA,
            )
        ),
    )
    async def post(self, call: Call) -> web.Response:
        """Return the new pair; the refresh token is spent."""
        _grant, tokens = await call.relay.grants.refresh(call.body["refresh_token"], call.peer.source)
        return json_response(
            {
                "success": True,
                "token": tokens.access,
                "refresh_token": tokens.refresh,
                "expires_in": tokens.expires_in,
            }
        )


class RevokeView(View):
    """Ends a website's own grant, whichever of its tokens is presented (RFC 7009)."""

    path = "/revoke"

    @Operation(
        "Leave: the grant behind the token ends (RFC 7009)",
        json_of(),
        errors=(errors.StorageError,),
        body=Body(vol.Schema({vol.Required("token"): TOKEN}, extra=vol.REMOVE_EXTRA)),
    )
    async def post(self, call: Call) -> web.Response:
        """Revoke the grant; a token that is good for nothing counts as revoked (RFC 7009, section 2.2)."""
        grants = call.relay.grants
        with suppress(errors.InvalidTokenError, errors.ExpiredTokenError, errors.UnknownGrantError):
            await grants.revoke(grants.grant_of(call.body["token"]), source=call.peer.source)
        return json_response({"success": True})


class GrantDetailView(GrantView):
    """The grant that a website holds."""

    path = "/grant"

    @Operation("What this website was given", json_of(serial=str, grant=component("grant")))
    async def get(self, call: GrantCall) -> web.Response:
        """Return the home's serial and the grant."""
        relay = call.relay
        return json_response({"success": True, "serial": relay.serial, "grant": for_website(relay, call.grant)})
