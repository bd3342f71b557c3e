"""The documents in schema/: as the code describes itself, and sound."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
import pytest

from scripts.schemas import DOCUMENTS, stale


def references(tree: Any) -> Iterator[str]:
    """Yield every `$ref` of a document."""
    if isinstance(tree, dict):
        if isinstance(reference := tree.get("$ref"), str):
            yield reference
        for branch in tree.values():
            yield from references(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from references(branch)


def test_no_file_is_stale() -> None:
    assert not stale(), "run scripts/schema and commit schema/"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_reference_leads_somewhere(name: str) -> None:
    document = DOCUMENTS[name]()
    found = set(references(document))
    assert found
    for reference in found:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_each_command_of_the_websocket_api_is_described_soundly() -> None:
    described = DOCUMENTS["websocket.json"]()["properties"]
    assert "interphone/pairing/subscribe" in described
    for command in described.values():
        for part in command["properties"].values():
            Draft202012Validator.check_schema(part)
