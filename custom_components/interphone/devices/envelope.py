"""The envelope a command comes in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from ..errors import InvalidParamsError, InvalidRequestError
from .fields import Shape, anything, check_shape, moment, optional, text
from .times import moment_of

# Params are checked by the command they are for, later: then the error says what that command takes.
_PARAMS: Final = replace(anything(), accepts=lambda _value: True)

ENVELOPE: Final[Shape] = {
    "id": text(64),
    "device": text(64),
    "command": text(64),
    "params": optional(_PARAMS),
    "expires_at": optional(moment()),
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """One command for one device. `id` is the sender's, and makes it idempotent. Params may hold a PIN: not shown."""

    id: str
    device: str
    command: str
    params: object = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Tell whether it came too late."""
        return self.expires_at is not None and now >= self.expires_at


def parse(raw: object) -> Envelope:
    """Return the envelope, or raise `InvalidRequestError` naming the first fault."""
    if not isinstance(raw, dict):
        raise InvalidRequestError("a command is an object {id, device, command, params?, expires_at?}")
    try:
        check_shape(ENVELOPE, raw)
    except InvalidParamsError as error:
        raise InvalidRequestError(error.detail) from None
    values: dict[str, Any] = dict(raw)
    if "expires_at" in values:
        values["expires_at"] = moment_of(values["expires_at"])
    return Envelope(**values)


def id_of(raw: object) -> str | None:
    """Return the id of what may be no envelope, to answer its sender by."""
    candidate = raw.get("id") if isinstance(raw, Mapping) else None
    return candidate if isinstance(candidate, str) and ENVELOPE["id"].accepts(candidate) else None
