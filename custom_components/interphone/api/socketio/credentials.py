"""Credentials of a session: what the request that opened it presented, and who the bearer of a token is."""

from dataclasses import dataclass
from typing import Final, cast

from aiohttp import hdrs, web
from homeassistant.auth.models import RefreshToken, User
from homeassistant.auth.permissions.models import PermissionLookup
from homeassistant.components.http.auth_util import async_user_not_allowed_do_auth
from homeassistant.core import HomeAssistant

from ...access.grants import Admission
from ...errors import InvalidTokenError
from ...relay import Relay
from ..peer import Peer
from ..view import BEARER, PEER

# Asked about in place of a user who may log in from the home's own network only, before the user is known.
_LOCAL_ONLY: Final = User(name=None, perm_lookup=cast("PermissionLookup", None), is_active=True, local_only=True)


@dataclass(frozen=True, slots=True)
class Handshake:
    """Values that a session keeps of the request that opened it. Nothing looks at that request afterwards.

    `token` is the one in its Authorization header. `local` says whether Home Assistant's users who may log in from the
    home's own network only may do so from there.
    """

    peer: Peer
    token: str | None
    local: bool

    @classmethod
    def of(cls, hass: HomeAssistant, request: web.Request) -> Handshake:
        """Read a request, within its own context: Home Assistant's cloud marks its requests there."""
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        return cls(
            peer=request[PEER],
            token=(token.strip() or None) if scheme.lower() == BEARER else None,
            local=async_user_not_allowed_do_auth(hass, _LOCAL_ONLY, request) is None,
        )


@dataclass(frozen=True, slots=True)
class DisplayCredential:
    """An access token of Home Assistant: its user, and the id of the refresh token that it was made from."""

    refresh_token_id: str
    user: User


def identify(relay: Relay, token: str, handshake: Handshake) -> DisplayCredential | Admission:
    """Return whose token this is: Home Assistant's makes its bearer a display, Interphone's a website.

    Raises `InvalidTokenError` for a token of neither, `NotADisplayError` for a user's who may not see codes; for a
    website's also `ExpiredTokenError`, `RevokedGrantError` and
    `PausedGrantError`.
    """
    try:
        return relay.grants.admit(token, handshake.peer.source)
    except InvalidTokenError:
        refresh_token = _refresh_token(relay, token)
    if refresh_token is None or not _may_log_in(refresh_token.user, handshake):
        raise InvalidTokenError
    relay.displays.require(refresh_token.user)
    return DisplayCredential(refresh_token.id, refresh_token.user)


def _may_log_in(user: User, handshake: Handshake) -> bool:
    return user.is_active and (handshake.local or not user.local_only)


def _refresh_token(relay: Relay, token: str) -> RefreshToken | None:
    """Return what stands behind an access token of Home Assistant, None when it is not one."""
    try:
        return relay.hass.auth.async_validate_access_token(token)
    except TypeError:  # Home Assistant looks the issuer up before it checks that it is a string
        return None
