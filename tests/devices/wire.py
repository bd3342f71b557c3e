"""Validation of payloads by the published JSON Schema."""

from datetime import datetime
import json

from homeassistant.helpers.json import json_dumps
from jsonschema import Draft202012Validator, FormatChecker

from custom_components.interphone.devices.schema import json_schema

FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    """Check `date-time`, which jsonschema checks only when another package is installed."""
    return not isinstance(value, str) or datetime.fromisoformat(value.upper()).tzinfo is not None


def validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/$defs/{name}", "$defs": json_schema()["$defs"]}
    return Draft202012Validator(schema, format_checker=FORMATS)


_DEVICE = json_schema()["$defs"]["device"]["properties"]
VALIDATORS = {name: validator(name) for name in json_schema()["$defs"]} | {
    "traits": Draft202012Validator(_DEVICE["traits"], format_checker=FORMATS),
    "trait_states": Draft202012Validator(_DEVICE["state"], format_checker=FORMATS),
}


def fits(name: str, payload: object) -> None:
    """Assert that a payload, encoded as on the wire, is valid."""
    errors = [
        f"{error.json_path}: {error.message}" for error in VALIDATORS[name].iter_errors(json.loads(json_dumps(payload)))
    ]
    assert not errors
