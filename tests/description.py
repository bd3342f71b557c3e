"""The home's own description of its REST doors, held against what it really answers."""

from functools import cache
import re
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

from custom_components.interphone.api.rest import OPENAPI

from .devices.wire import fits

JSON: Final = "application/json"


def described_path(path: str) -> str | None:
    """Return the template a path is described by; one that is spelt out wins over one with a parameter."""
    plain = path.partition("?")[0]
    templates = OPENAPI.describe()["paths"]
    if plain in templates:
        return plain
    matching = (t for t in templates if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(t)), plain))
    return next(matching, None)


@cache
def _validator(template: str, method: str, status: int) -> Draft202012Validator:
    responses = OPENAPI.describe()["paths"][template][method.lower()]["responses"]
    assert str(status) in responses, f"{method} {template} is not described as answering {status}"
    schema = responses[str(status)]["content"][JSON]["schema"]
    return Draft202012Validator(
        {**schema, "components": OPENAPI.describe()["components"]}, format_checker=FormatChecker()
    )


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Check that a JSON answer is one that is described; wrong methods and unknown paths are refused all alike."""
    template = described_path(path)
    if template is None or method.lower() not in OPENAPI.describe()["paths"][template]:
        assert status in {403, 404, 405, 503}, (method, path, status)
        return
    faults = [f"{error.json_path}: {error.message}" for error in _validator(template, method, status).iter_errors(body)]
    assert not faults, (method, path, status, faults, body)


def check_push(event: str, payload: Any) -> None:
    """Check that what a website is told over the socket is what the device model describes."""
    if event in {"state", "devices", "event"}:
        fits(event, payload)
    elif event == "snapshot":
        for device in payload["devices"]:
            fits("device", device)
    elif event == "resume":
        for change in payload["changes"]:
            check_push(change["event"], change["payload"])
