"""What the contract accepts and what it publishes come from one schema."""

import ast
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
import pytest
import voluptuous as vol

from custom_components.interphone import errors
from custom_components.interphone.api.contract import (
    COUNT,
    MOMENT,
    Payload,
    component,
    exactly,
    json_schema,
    matching,
    text,
)
from custom_components.interphone.errors import CodeRequiredError, InvalidRequestError

SCHEMAS: list[tuple[Any, list[Any], list[Any]]] = [
    (text(4), ["a", "abcd"], ["", "abcde", 5, None]),
    (matching("[0-9]{1,3}", "expected a number"), ["1", "123"], ["", "1234", "1x", "x1", 1]),
    (COUNT, [0, 7], [-1, 1.5, "1"]),
    (exactly(a=COUNT), [{"a": 1}], [{}, {"a": 1, "b": 2}, {"a": None}, []]),
    (vol.Schema({vol.Optional("a"): text(2)}), [{}, {"a": "x"}], [{"a": "xyz"}, {"b": 1}]),
    (MOMENT, ["2026-10-05T12:00:00+00:00"], [5, None]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), SCHEMAS)
def test_published_and_enforced_alike(schema: Any, good: list[Any], bad: list[Any]) -> None:
    payload = Payload(vol.Schema(schema))
    published = Draft202012Validator(payload.json_schema(), format_checker=FormatChecker())
    for value in good:
        payload.validate(value)
        assert published.is_valid(value), value
    for value in bad:
        with pytest.raises(InvalidRequestError):
            payload.validate(value)
        assert not published.is_valid(value), value


def test_a_fault_names_the_field_and_not_the_value() -> None:
    payload = Payload(exactly(outer=exactly(inner=text(3))))
    with pytest.raises(InvalidRequestError) as raised:
        payload.validate({"outer": {"inner": "secret"}})
    assert raised.value.detail is not None
    assert raised.value.detail.startswith("outer.inner: ")
    assert "secret" not in raised.value.detail


def test_the_error_of_a_payload_can_be_another() -> None:
    with pytest.raises(CodeRequiredError):
        Payload(exactly(code=text(3)), CodeRequiredError).validate({})


def test_a_newline_at_the_end_is_no_match() -> None:
    with pytest.raises(InvalidRequestError):
        Payload(vol.Schema(matching("[0-9]+", "expected a number"))).validate("5\n")


def test_what_cannot_be_rendered_is_refused() -> None:
    def bare(value: Any) -> Any:  # nothing says what it accepts
        return value

    with pytest.raises(vol.SchemaError):
        json_schema({"a": bare})


def test_a_component_is_a_reference() -> None:
    assert json_schema([component("device")]) == {"type": "array", "items": {"$ref": "#/components/schemas/device"}}


def test_faults_that_voluptuous_finds_become_errors_in_one_place() -> None:
    package = Path(errors.__file__).parent
    catching = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and node.type and "Invalid" in ast.unparse(node.type).split(".")
    ]
    assert catching == ["validation.py"]
