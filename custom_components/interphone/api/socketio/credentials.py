"""Who a token makes its bearer: a panel or a website."""

from dataclasses import dataclass
from typing import Any

from aiohttp import hdrs, web
from homeassistant.auth.models import RefreshToken
from homeassistant.components.http.auth_util import async_user_not_allowed_do_auth

from ...access.grants import Admission
from ...errors import InvalidTokenError
from ...relay import Relay


@dataclass(frozen=True, slots=True)
class PanelCredential:
    """A Home Assistant access token, known by the refresh token behind it."""

    refresh_token_id: str


def presented_token(request: web.Request, auth: Any) -> str | None:
    """Return the token in `auth.token`, else the one in the handshake's Authorization header."""
    if isinstance(auth, dict) and isinstance(token := auth.get("token"), str) and token:
        return token
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def identify(relay: Relay, token: str, source: str, request: web.Request) -> PanelCredential | Admission:
    """Tell whose token this is.

    Raises `InvalidTokenError` for a token of neither kind, or what `Grants.admit` raises for a website's.
    """
    try:
        return relay.grants.admit(token, source)
    except InvalidTokenError:
        refresh_token = _refresh_token(relay, token)
    if refresh_token is None or async_user_not_allowed_do_auth(relay.hass, refresh_token.user, request):
        raise InvalidTokenError
    return PanelCredential(refresh_token.id)


def _refresh_token(relay: Relay, token: str) -> RefreshToken | None:
    """Return what stands behind an access token of Home Assistant, None when it is not one."""
    try:
        return relay.hass.auth.async_validate_access_token(token)
    except TypeError:  # Home Assistant looks the issuer up before it checks that it is a string
        return None
