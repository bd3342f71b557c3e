"""Named schemas that several descriptions refer to, as `component` does: those of the API and of the device model."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import voluptuous as vol

from ..devices.schema import json_schema as device_model
from ..pairing.models import PairingState
from .contract import COMPONENTS, COUNT, MOMENT, component, exactly, json_schema
from .grants import ADMIN_GRANT, WEBSITE_GRANT

_DEFS: Final = "#/$defs/"

# A pairing as displays see it, with its code: `Pairing.as_dict`.
PAIRING: Final = exactly(
    id=str,
    state=vol.In([str(state) for state in PairingState]),
    code=vol.Maybe(str),
    code_length=COUNT,
    bound=bool,
    begun_on_panel=bool,
    client_name=vol.Maybe(str),
    account_hint=vol.Maybe(str),
    origin=vol.Maybe(str),
    source=str,
    door=str,
    proven=bool,
    in_window=bool,
    shared=bool,
    quiet=bool,
    wakes=bool,
    requested_at=MOMENT,
    expires_at=MOMENT,
    attempts_left=COUNT,
)

# A recorded state: the values of a device's traits from `at` on.
POINT: Final = exactly(at=MOMENT, online=bool, state=component("device/properties/state"))

OWN: Final[Mapping[str, Any]] = {
    "grant": WEBSITE_GRANT,
    "admin_grant": ADMIN_GRANT,
    "pairing": PAIRING,
    "point": POINT,
}


@cache
def components() -> dict[str, Any]:
    """Return the JSON Schema of each name. The same object each time: not to be changed."""
    model: dict[str, Any] = _moved(device_model()["$defs"])
    # The response to a single command is its result itself.
    result = model["result"]
    outcome = {
        **result,
        "properties": {"success": {"const": True}, **result["properties"]},
        "required": ["success", *result["required"]],
    }
    return {**model, "outcome": outcome, **{name: json_schema(schema) for name, schema in OWN.items()}}


def _moved(node: Any) -> Any:
    """Return a schema whose references point to where OpenAPI and AsyncAPI keep schemas."""
    if isinstance(node, dict):
        return {
            key: value.replace(_DEFS, COMPONENTS) if key == "$ref" else _moved(value) for key, value in node.items()
        }
    return [_moved(item) for item in node] if isinstance(node, list) else node
