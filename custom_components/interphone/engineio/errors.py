"""Refusals of HTTP requests, with the error codes of the JavaScript server; clients show the message."""

from typing import ClassVar


class RequestError(Exception):
    """A request that gets the JSON body `{"code", "message"}` and an HTTP status from 400 on."""

    code: ClassVar[int]
    message = ""

    def __init__(self, status: int = 400, message: str | None = None) -> None:
        """Use `status` and, unless `message` replaces it, the class's message."""
        super().__init__(message or self.message)
        self.status = status


class UnknownTransportError(RequestError):
    """The query names neither polling nor WebSocket, or asks for JSONP."""

    code = 0
    message = "Transport unknown"


class UnknownSessionError(RequestError):
    """No session has this id, or no longer."""

    code = 1
    message = "Session ID unknown"


class BadMethodError(RequestError):
    """The HTTP method is not one that the request may have."""

    code = 2
    message = "Bad handshake method"


class BadRequestError(RequestError):
    """Anything else that the protocol does not allow."""

    code = 3
    message = "Bad request"


class ForbiddenError(RequestError):
    """No session may be opened now: a limit is reached, or the server stops."""

    code = 4


class UnsupportedVersionError(RequestError):
    """The query names another version than 3 and 4."""

    code = 5
    message = "Unsupported protocol version"
