"""Security headers of every response."""

from aiohttp import web

from .keys import SETTINGS

# The origin that the page's scripts may connect to besides this one: the home of the place it shows.
CONNECT_TO = web.ResponseKey("connect_to", str)


async def protect_browser(request: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers to any response, static files and errors included."""
    response.headers.update(
        {
            "Content-Security-Policy": _policy(response.get(CONNECT_TO)),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            # Not no-referrer: browsers then send forms with `Origin: null`, which the CSRF check refuses. Either way,
            # other origins get no referrer.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }
    )
    if request.app[SETTINGS].secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers.setdefault("Cache-Control", "no-cache" if request.path.startswith("/static/") else "no-store")


def _policy(connect_to: str | None) -> str:
    sources = "'self'"
    if connect_to:
        # http → ws, https → wss: Socket.IO uses both.
        sources += f" {connect_to} {connect_to.replace('http', 'ws', 1)}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src {sources}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
