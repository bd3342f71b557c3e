"""Every text there is, in every language there is."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

import pytest

from custom_components.interphone import config_flow, errors
from custom_components.interphone.devices.exposure import SHAREABLE_DOMAINS
from custom_components.interphone.displays import Audience
from custom_components.interphone.messages import LANGUAGES

FOLDER = Path(config_flow.__file__).parent / "translations"
TEXTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
ENGLISH = TEXTS["en"]


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, f"{path}.{key}" if path else key)
    else:
        yield path, node


def error_classes(base: type[errors.InterphoneError] = errors.InterphoneError) -> set[type[errors.InterphoneError]]:
    return {child for direct in base.__subclasses__() for child in {direct} | error_classes(direct)}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_languages_are_those_that_are_negotiated() -> None:
    assert set(TEXTS) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same(language: str) -> None:
    english, other = dict(leaves(ENGLISH)), dict(leaves(TEXTS[language]))
    assert list(other) == list(english)
    for path, text in other.items():
        assert text.strip() == text, path
        assert text, path
        assert placeholders(text) == placeholders(english[path]), path
        assert not re.search(r"https?://", text), (path, "addresses come in as placeholders")


def test_korean_is_korean() -> None:
    names = {"Interphone"}
    words = {path: re.sub(r"\{\w+\}", "", text) for path, text in leaves(TEXTS["ko"])}
    latin = {path for path, text in words.items() if text and text not in names and not re.search("[가-힣]", text)}
    assert not latin


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_a_message(language: str) -> None:
    texts = TEXTS[language]["exceptions"]
    assert {error.code for error in error_classes()} <= set(texts)
    for error in error_classes():
        message = texts[error.code]["message"]
        assert message != error.code
        assert not placeholders(message)
        assert error.status >= 400


def test_each_refusal_has_a_code_of_its_own() -> None:
    codes = [error.code for error in error_classes()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["config", "options"])
def test_every_field_has_a_label_and_a_description(language: str, kind: str) -> None:
    fields = {**config_flow.NAME, **config_flow.SHARING}
    if kind == "options":
        fields |= {**config_flow.OWNERS_WORD, **config_flow.DOORBELLS, **config_flow.display_fields([])}
        fields |= config_flow.CODES_AND_TOKENS
    texts = TEXTS[language][kind]["step"]["user" if kind == "config" else "init"]
    sections = texts.get("sections", {})
    plain = {str(key) for key in fields} - set(sections)
    assert set(texts["data"]) == plain
    assert set(texts["data_description"]) == plain
    places = {str(key) for key in config_flow.PLACES.schema}
    assert set(sections) <= {str(key) for key in fields}
    for part in sections.values():
        assert part["name"]
        assert set(part["data"]) == places


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_domain_that_is_offered_has_a_name(language: str) -> None:
    assert set(TEXTS[language]["selector"]["domains"]["options"]) == set(SHAREABLE_DOMAINS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_audience_of_codes_has_a_name(language: str) -> None:
    assert set(TEXTS[language]["selector"]["displays"]["options"]) == set(Audience)
