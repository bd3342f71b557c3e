from pathlib import Path
import re
from string import Formatter

import pytest

from website.texts import CATALOGUES, Texts, choose_language

from .browser import Visitor

PACKAGE = Path(__file__).parents[2] / "examples" / "website" / "website"


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_language_says_the_same_things() -> None:
    english = CATALOGUES["en"]
    for language, catalogue in CATALOGUES.items():
        assert list(catalogue) == list(english), language
        for key, text in catalogue.items():
            assert placeholders(text) == placeholders(english[key]), f"{language}: {key}"


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = set()
    for path in [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.py")]:
        asked |= set(re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", path.read_text("utf-8")))
        asked |= set(re.findall(r"""["'](notice\.\w+)["']""", path.read_text("utf-8")))
    for path in PACKAGE.rglob("*.js"):
        asked |= {f"live.{key}" for key in re.findall(r'\btext\("([\w.]+)"', path.read_text("utf-8"))}
        asked |= {f"live.{key}" for key in re.findall(r'"((?:label|do)\.\w+)"', path.read_text("utf-8"))}

    assert len(asked) > 100
    assert asked - set(CATALOGUES["en"]) == set()


@pytest.mark.parametrize(
    ("chosen", "header", "language"),
    [
        (None, "", "en"),
        (None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, "en;q=0.5, ko;q=0.7", "ko"),
        (None, "de, fr;q=0.9", "en"),
        (None, "ko;q=0", "en"),
        (None, "ko;q=x, ,;;q", "en"),
        ("ko", "en", "ko"),
        ("tlh", "ko", "ko"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_best_liked(chosen: str | None, header: str, language: str) -> None:
    assert choose_language(chosen, header) == language


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "1 s"), (59.2, "60 s"), (120, "120 s"), (121, "3 min"), (3600, "60 min")]
)
def test_waiting_times_are_never_told_too_short(seconds: float, said: str) -> None:
    assert Texts("en").duration(seconds) == said


async def test_the_switch_is_kept_through_login_and_goes_back_where_it_was(visitor: Visitor) -> None:
    page = await visitor.submit("/language", language="ko", back="/sign-up")
    assert page.path == "/sign-up"
    assert page.headers["Content-Language"] == "ko"
    assert 'lang="ko"' in page.html

    await visitor.submit("/sign-up", name="거주자", password="long enough to be good")

    assert "집 추가" in (await visitor.open("/places/new")).read.text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/x?y=//z", "", "x"])
async def test_the_switch_leads_to_no_other_website(visitor: Visitor, back: str) -> None:
    page = await visitor.submit("/language", language="ko", back=back)

    assert page.path == "/"


async def test_an_unknown_language_changes_nothing(visitor: Visitor) -> None:
    page = await visitor.submit("/language", language="../../etc/passwd", back="/")

    assert page.headers["Content-Language"] == "en"
