"""Errors: each class has one stable code and one HTTP status.

The codes are part of the wire contract. The message of a code comes from the `exceptions` section of the translations.
"""

from http import HTTPStatus
from typing import ClassVar


class InterphoneError(Exception):
    """An error that is sent to clients: a stable `code`, an HTTP `status` and, where waiting helps, `retry_after`."""

    code: ClassVar[str]
    status: ClassVar[HTTPStatus]

    def __init__(self, detail: str | None = None, *, retry_after: float | None = None) -> None:
        """Keep `detail`, which names the faulty part of the input and never contains a secret; seconds to wait."""
        super().__init__(detail or self.code)
        self.detail = detail
        self.retry_after = retry_after


class InvalidRequestError(InterphoneError):
    """The request is malformed: not JSON, or a field is missing or of the wrong type."""

    code = "invalid_request"
    status = HTTPStatus.BAD_REQUEST


class BodyTooLargeError(InterphoneError):
    """The body is over the limit."""

    code = "body_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class NotFoundError(InterphoneError):
    """There is nothing at this path."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class MethodNotAllowedError(InterphoneError):
    """The path exists, the method does not."""

    code = "method_not_allowed"
    status = HTTPStatus.METHOD_NOT_ALLOWED


class InternalError(InterphoneError):
    """An unexpected exception. The log has its details, the client gets none."""

    code = "internal_error"
    status = HTTPStatus.INTERNAL_SERVER_ERROR


class NotReadyError(InterphoneError):
    """Interphone is not loaded, or is stopping."""

    code = "not_ready"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class OriginNotAllowedError(InterphoneError):
    """The origin of the request is not on the home's list."""

    code = "origin_not_allowed"
    status = HTTPStatus.FORBIDDEN


class RateLimitedError(InterphoneError):
    """Too many requests; `retry_after` says when to come back."""

    code = "rate_limited"
    status = HTTPStatus.TOO_MANY_REQUESTS


class CodeRequiredError(InterphoneError):
    """The code is missing."""

    code = "code_required"
    status = HTTPStatus.BAD_REQUEST


class ExpiredCodeError(InterphoneError):
    """No code is shown: none was requested, or it expired, was redeemed, was refused, or has no attempts left."""

    code = "expired_code"
    status = HTTPStatus.UNAUTHORIZED


class WrongCodeError(InterphoneError):
    """A code is shown, and this is not it."""

    code = "wrong_code"
    status = HTTPStatus.UNAUTHORIZED


class ProofRequiredError(InterphoneError):
    """Nothing is compared without the right verifier, from another origin, or through another door."""

    code = "proof_required"
    status = HTTPStatus.UNAUTHORIZED


class UnknownPairingError(InterphoneError):
    """No such pairing is live."""

    code = "unknown_pairing"
    status = HTTPStatus.NOT_FOUND


class NotADisplayError(InterphoneError):
    """This user of Home Assistant may not see codes."""

    code = "not_a_display"
    status = HTTPStatus.FORBIDDEN


class MissingTokenError(InterphoneError):
    """No token was presented."""

    code = "missing_token"
    status = HTTPStatus.UNAUTHORIZED


class InvalidTokenError(InterphoneError):
    """The token was not issued by this home for this purpose."""

    code = "invalid_token"
    status = HTTPStatus.UNAUTHORIZED


class ExpiredTokenError(InterphoneError):
    """The token was good once; refresh it or pair again."""

    code = "expired_token"
    status = HTTPStatus.UNAUTHORIZED


class ReusedTokenError(InterphoneError):
    """A refresh token was presented twice: someone else may hold it, so its grant is revoked."""

    code = "token_reused"
    status = HTTPStatus.UNAUTHORIZED


class RevokedGrantError(InterphoneError):
    """The grant behind the token is gone; pair again."""

    code = "grant_revoked"
    status = HTTPStatus.UNAUTHORIZED


class PausedGrantError(InterphoneError):
    """The home has paused this website."""

    code = "grant_paused"
    status = HTTPStatus.FORBIDDEN


class UnknownGrantError(InterphoneError):
    """No grant with this id."""

    code = "unknown_grant"
    status = HTTPStatus.NOT_FOUND


class TooManyGrantsError(InterphoneError):
    """The home has as many grants as it may have; revoke one first."""

    code = "too_many_grants"
    status = HTTPStatus.CONFLICT


class UnknownDeviceError(InterphoneError):
    """No such device, or one that the grant does not see; the response does not say which."""

    code = "unknown_device"
    status = HTTPStatus.NOT_FOUND


class NotPermittedError(InterphoneError):
    """The grant sees the device and may not control it."""

    code = "not_permitted"
    status = HTTPStatus.FORBIDDEN


class UnsupportedCommandError(InterphoneError):
    """The device has no such command."""

    code = "unsupported_command"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class InvalidParamsError(InterphoneError):
    """The command's parameters are of the wrong type or out of range."""

    code = "invalid_params"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class DeviceOfflineError(InterphoneError):
    """The device cannot be reached now."""

    code = "device_offline"
    status = HTTPStatus.CONFLICT


class CommandExpiredError(InterphoneError):
    """The command arrived after its `expires_at`; nothing was done."""

    code = "command_expired"
    status = HTTPStatus.CONFLICT


class CommandRejectedError(InterphoneError):
    """Home Assistant or the device did not accept the service call: a wrong PIN, or nothing that can be done now."""

    code = "command_rejected"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class CommandFailedError(InterphoneError):
    """The service call failed."""

    code = "command_failed"
    status = HTTPStatus.BAD_GATEWAY


class CommandTimeoutError(InterphoneError):
    """The service call did not return in time; it may still take effect."""

    code = "timeout"
    status = HTTPStatus.GATEWAY_TIMEOUT


class UnknownEventError(InterphoneError):
    """No such ring, or one of a device that the grant does not see; the response does not say which."""

    code = "unknown_event"
    status = HTTPStatus.NOT_FOUND


class AlreadyAnsweredError(InterphoneError):
    """Somebody else answered the ring first."""

    code = "already_answered"
    status = HTTPStatus.CONFLICT


class ExpiredEventError(InterphoneError):
    """The ring is over."""

    code = "expired_event"
    status = HTTPStatus.GONE


class HistoryUnavailableError(InterphoneError):
    """The home has no recorder, or its database cannot be queried now."""

    code = "history_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class UnsupportedForecastError(InterphoneError):
    """The device has no forecast of this kind."""

    code = "unsupported_forecast"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ForecastUnavailableError(InterphoneError):
    """The weather service returned no forecast, or not in time."""

    code = "forecast_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class PictureTooLargeError(InterphoneError):
    """The camera's picture is over the limit."""

    code = "picture_too_large"
    status = HTTPStatus.BAD_GATEWAY


class UnsupportedStreamError(InterphoneError):
    """The device has no such stream."""

    code = "unsupported_stream"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class UnknownStreamError(InterphoneError):
    """No such stream, or its address has expired; request a new one."""

    code = "unknown_stream"
    status = HTTPStatus.NOT_FOUND


class StreamUnavailableError(InterphoneError):
    """The camera is off, or its stream did not start in time."""

    code = "stream_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class StorageError(InterphoneError):
    """The private store cannot be read or written; nobody is let in."""

    code = "storage_failed"
    status = HTTPStatus.SERVICE_UNAVAILABLE
