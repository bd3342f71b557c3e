"""What every answer tells the browser not to do."""

from aiohttp import web

from .keys import SETTINGS

# Where else scripts may connect: the home of the place a page shows.
CONNECT_TO = web.ResponseKey("connect_to", str)


async def protect_browser(request: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers to a response, whoever made it."""
    response.headers.update(
        {
            "Content-Security-Policy": _policy(response.get(CONNECT_TO)),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            # Not no-referrer: under it browsers send forms with `Origin: null`, and the CSRF check could not use it.
            # Other websites, homes included, learn as little.
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
        # http → ws, https → wss: for Socket.IO's two transports.
        sources += f" {connect_to} {connect_to.replace('http', 'ws', 1)}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src {sources}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
