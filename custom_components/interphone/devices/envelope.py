"""The envelope a command arrives in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..errors import InvalidRequestError
from ..validation import Validator, validate
from .fields import Field, Shape, instant_with_offset, object_of, optional, text
from .times import parse_instant

# Ids of commands, devices, rings, pairings and streams, and names of commands: a UUID has 36 characters.
ID_LENGTH_MAX: Final = 64

# Fields of every envelope, beside the name of its command and that command's params.
ENVELOPE: Final[Shape] = {
    "id": text(ID_LENGTH_MAX),
    "device": text(ID_LENGTH_MAX),
    "expires_at": optional(instant_with_offset()),
}
# Params are checked later, by the command they are for: then the error says what that command takes.
_PARAMS: Final = Field(Validator(lambda value: value, {}), required=False)
_SCHEMA: Final = object_of({**ENVELOPE, "command": text(ID_LENGTH_MAX), "params": _PARAMS})


@dataclass(frozen=True, slots=True)
class Envelope:
    """One command for one device. `id` is the sender's, and makes it idempotent. Params may hold a PIN: not shown."""

    id: str
    device: str
    command: str
    params: object = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Return whether it arrived after `expires_at`."""
        return self.expires_at is not None and now >= self.expires_at


def parse(raw: object) -> Envelope:
    """Return the envelope. Raises `InvalidRequestError` naming the first fault."""
    if not isinstance(raw, dict):
        raise InvalidRequestError("a command is an object {id, device, command, params?, expires_at?}")
    values: dict[str, Any] = validate(_SCHEMA, raw)
    if "expires_at" in values:
        values["expires_at"] = parse_instant(values["expires_at"])
    return Envelope(**values)


def id_of(raw: object) -> str | None:
    """Return the id of what may be no valid envelope, to address its result."""
    candidate = raw.get("id") if isinstance(raw, Mapping) else None
    return candidate if isinstance(candidate, str) and 1 <= len(candidate) <= ID_LENGTH_MAX else None
