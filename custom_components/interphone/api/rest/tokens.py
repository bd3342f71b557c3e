"""`/token`, `/revoke` and `/grant`: how a website stays in, leaves, and learns what it may do."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from aiohttp import hdrs, web
import voluptuous as vol

from ...access.records import dump_grant
from ...access.tokens import TOKEN_LENGTH_MAX
from ...const import BASE_PATH
from ...errors import ExpiredTokenError, InvalidTokenError, UnknownGrantError
from ...relay import Relay
from ..source import request_source
from ..view import Handler, InterphoneView, answer, authenticate, read_object

TOKEN: Final = vol.All(str, vol.Length(min=1, max=TOKEN_LENGTH_MAX))
REFRESH_SCHEMA: Final = vol.Schema(
    {vol.Required("grant_type"): "refresh_token", vol.Required("refresh_token"): TOKEN}, extra=vol.REMOVE_EXTRA
)
REVOKE_SCHEMA: Final = vol.Schema({vol.Required("token"): TOKEN}, extra=vol.REMOVE_EXTRA)


class TokenView(InterphoneView):
    """Spend a refresh token for a new pair (RFC 6749, section 6)."""

    url = f"{BASE_PATH}/token"
    name = "api:interphone:token"

    def handlers(self) -> Mapping[str, Handler]:
        """POST."""
        return {hdrs.METH_POST: self._post}

    async def _post(self, relay: Relay, request: web.Request) -> web.Response:
        asked = await read_object(request, REFRESH_SCHEMA)
        _grant, tokens = await relay.grants.refresh(asked["refresh_token"], request_source(request))
        return answer(
            {
                "success": True,
                "token": tokens.access,
                "refresh_token": tokens.refresh,
                "expires_in": tokens.expires_in,
            }
        )


class RevokeView(InterphoneView):
    """Let a website leave by itself (RFC 7009): the grant ends, whichever of its tokens is presented."""

    url = f"{BASE_PATH}/revoke"
    name = "api:interphone:revoke"

    def handlers(self) -> Mapping[str, Handler]:
        """POST."""
        return {hdrs.METH_POST: self._post}

    async def _post(self, relay: Relay, request: web.Request) -> web.Response:
        asked = await read_object(request, REVOKE_SCHEMA)
        # A token that is good for nothing is answered as revoked (RFC 7009, section 2.2).
        with suppress(InvalidTokenError, ExpiredTokenError, UnknownGrantError):
            await relay.grants.revoke(relay.grants.grant_of(asked["token"]), source=request_source(request))
        return answer({"success": True})


class GrantView(InterphoneView):
    """Tell a website what it was given."""

    url = f"{BASE_PATH}/grant"
    name = "api:interphone:grant"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        return answer({"success": True, "serial": relay.serial, "grant": dump_grant(grant)})
