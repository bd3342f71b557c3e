"""What holds for the repository as a whole: which way imports point, what its files may name, what checkers expect."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
import json
from pathlib import Path
import re
import shutil
import subprocess
import sys
from typing import Any
import zipfile

from homeassistant import components
from homeassistant.const import Platform
from packaging.requirements import Requirement
from packaging.version import Version
import pytest
import yaml

from custom_components.interphone import errors

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "custom_components" / "interphone"
COMPONENTS = Path(components.__path__[0])
MODULES = sorted(PACKAGE.rglob("*.py"))
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
LANGUAGES = ("en", "ko")

# The rooms of the package, from the innermost out. A module imports from its own room and from those on earlier lines;
# rooms on one line do not know each other. A module that is not named here is one that Home Assistant looks for, or
# that only `__init__` starts; it stands beyond all of these.
ROOMS = (
    {"const", "errors", "listeners", "rate", "engineio"},
    {"validation", "messages", "displays"},
    {"pairing", "access"},
    # A scope is asked about devices; the audit trail follows both pairings and grants.
    {"devices", "audit_trail"},
    # The device behind a picture or a stream.
    {"media"},
    # The options are values of pairing, access and devices.
    {"settings"},
    {"relay"},
    {"api", "entity", "repairs"},
)
OUTER, OUTERMOST = len(ROOMS), len(ROOMS) + 1
# Of what stands beyond the rooms, these share schemas with the API; the others know the relay only.
BESIDE_THE_API = {"websocket_api"}
# Within `api/`, in the same way. What is not named here is the doorway: what both doors share.
DOORS = ({"rest", "socketio"}, {""})
# These know nothing of Home Assistant: clock and randomness are handed in.
PURE = ("pairing", "access/tokens.py", "engineio")

# Where addresses in the files may point: what a reader follows, not what a script fetches from.
HOSTS = re.compile(
    r"""(?:.*\.)?(?:example(?:\.(?:com|net|org))?|local|localhost|test|invalid|lan)\.?
    |home|127\.0\.0\.1|192\.168\.\d+\.\d+|10\.\d+\.\d+\.\d+|::1
    |github\.com|(?:www\.|developers\.)?home-assistant\.io|www\.w3\.org|json-schema\.org|spec\.openapis\.org
    |www\.rfc-editor\.org|nodejs\.org|docs\.astral\.sh|(?:www\.)?hacs\.xyz|(?:engine|socket)\.io""",
    re.VERBOSE,
)
ADDRESS = re.compile(
    r"""https?://([a-z0-9][a-z0-9.-]*\.[a-z]{2,})(?![a-z])
    |(?<![\w.-])((?:[a-z0-9-]+\.)+(?:com|io|net|org))(?!\w|\.\w)""",
    re.VERBOSE,
)
MACHINE_PATH = re.compile(r"(?<![\w.~$}*])/(?:root|work|home/\w+|Users/\w+)/")
HIDDEN_ADDRESS = re.compile(r"(?:https?://|www\.)[a-z0-9]+(?:[-.][a-z0-9]+)*\.[a-z]{2,5}", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def tracked() -> list[Path]:
    """Every file of the repository, committed or about to be."""
    command = ["git", "-C", str(CHECKOUT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - git, on this checkout
    return [path for name in listed.split("\0") if name and (path := CHECKOUT / name).is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(CHECKOUT), content.decode()


def translations(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PACKAGE / "translations" / f"{language}.json").read_text())
    return loaded


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    leaves: dict[str, str] = {}
    for key, value in tree.items():
        leaves |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return leaves


def module_name(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path) -> set[str]:
    """The absolute names of what a module imports; those of the package start with a dot."""
    package = path.relative_to(PACKAGE).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = (*package[: len(package) - node.level + 1], *(node.module or "").split("."))
            name = ".".join(filter(None, base))
            found |= (
                {f".{name}"} if node.module else {f".{name}.{alias.name}".replace("..", ".") for alias in node.names}
            )
    return found


def room(name: str) -> str:
    return name.partition(".")[0]


def rank(name: str) -> int:
    if not name:
        return OUTERMOST
    return next((number for number, names in enumerate(ROOMS) if name in names), OUTER)


def door(name: str) -> tuple[int, str]:
    """Return how far out a module of `api/` stands, and which door it belongs to; all of the doorway is one."""
    part = room(name.removeprefix("api").removeprefix("."))
    return next(((number, part) for number, parts in enumerate(DOORS) if part in parts), (-1, ""))


def may_import(me: str, target: str) -> bool:
    if room(me) == room(target) == "api":
        return door(target)[0] < door(me)[0] or door(target) == door(me)
    if room(target) == "api" and rank(room(me)) == OUTER:
        return me in BESIDE_THE_API
    return room(me) == room(target) or rank(room(target)) < rank(room(me))


def package_imports() -> dict[str, set[str]]:
    """Return for each module of the package, by its dotted name, the modules of the package that it imports."""
    modules = {".".join(module_name(path)): path for path in MODULES}
    found = {}
    for me, path in modules.items():
        targets = {name[1:] for name in imports(path) if name.startswith(".")}
        found[me] = {target if target in modules else target.rpartition(".")[0] for target in targets}
        assert found[me] <= set(modules), f"{me} imports what is no module: {found[me] - set(modules)}"
    return found


def test_imports_point_one_way() -> None:
    wrong = [
        f"{me or '__init__'} imports {target}"
        for me, targets in package_imports().items()
        for target in targets
        if not may_import(me, target)
    ]
    assert wrong == []


def test_imports_make_no_circle() -> None:
    try:
        tuple(TopologicalSorter(package_imports()).static_order())
    except CycleError as err:
        pytest.fail(f"these import each other: {err.args[1]}")


@pytest.mark.parametrize(
    ("me", "target", "allowed"),
    [
        ("relay", "api.view", False),
        ("pairing.desk", "access.grants", False),
        ("engineio.server", "errors", False),
        ("api.view", "api.rest.pairing", False),
        ("api.rest.pairing", "api.socketio.events", False),
        ("api.socketio.events", "api.rest", False),
        ("api.socketio.events", "api", False),
        ("api.socketio.view", "api.view", True),
        ("api", "api.socketio.view", True),
        ("api.view", "api.body", True),
        ("button", "api.view", False),
        ("button", "entity", True),
        ("websocket_api", "api.contract", True),
        ("services", "websocket_api", False),
        ("", "services", True),
    ],
)
def test_the_rule_of_imports_bites(me: str, target: str, *, allowed: bool) -> None:
    assert may_import(me, target) is allowed


@pytest.mark.parametrize("part", PURE)
def test_the_pure_parts_know_nothing_of_home_assistant(part: str) -> None:
    paths = sorted((PACKAGE / part).rglob("*.py")) or [PACKAGE / part]
    assert {
        name for path in paths for name in imports(path) if name.startswith(("homeassistant", "voluptuous"))
    } == set()


def test_imports_stand_at_the_top() -> None:
    hidden = [
        f"{path.relative_to(CHECKOUT)}:{node.lineno}"
        for path in MODULES
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_no_file_names_a_download_host() -> None:
    elsewhere = [
        f"{path}: {host}"
        for path, text in texts()
        for found in ADDRESS.finditer(text)
        if not HOSTS.fullmatch(host := found[1] or found[2])
    ]
    assert elsewhere == [], "if a reader is meant to follow it and no script fetches from it, add its host to HOSTS"


def test_no_file_names_a_path_of_one_machine() -> None:
    named = [f"{path}: {found}" for path, text in texts() for found in MACHINE_PATH.findall(text)]
    assert named == []


def test_no_lock_file_is_kept() -> None:
    names = {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "uv.lock", "poetry.lock"}
    assert [path for path in tracked() if path.name in names] == []


def test_python_files_stay_short() -> None:
    lengths = {str(path): len(text.splitlines()) for path, text in texts() if path.suffix == ".py"}
    assert {path: length for path, length in lengths.items() if length > 450} == {}


def test_requirements_are_pinned_with_hashes() -> None:
    compiled = (CHECKOUT / "requirements" / "dev.txt").read_text()
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", compiled, re.MULTILINE))
    assert compiled.count("--hash=sha256:") > len(pinned)
    files = [CHECKOUT / "requirements" / "dev.in", CHECKOUT / "examples" / "website" / "requirements.txt"]
    for line in "\n".join(file.read_text() for file in files).splitlines():
        if line and not line.startswith(("#", "-r")):
            wanted = Requirement(line)
            name = re.sub(r"[-_.]+", "-", wanted.name).lower()
            assert name in pinned, f"{line}: run scripts/compile"
            assert wanted.specifier.contains(pinned[name]), f"{line}: run scripts/compile"


def test_what_the_demo_brings_is_what_home_assistant_pins() -> None:
    wanted = {
        requirement
        for manifest in COMPONENTS.glob("*/manifest.json")
        for requirement in json.loads(manifest.read_text()).get("requirements", [])
    }
    requirements = (CHECKOUT / "requirements" / "dev.in").read_text()
    section = requirements.split("# Integrations of the demo home")[1].split("# Tests")[0]
    brought = [line for line in section.splitlines() if re.match(r"\w", line)]
    assert brought
    assert set(brought) - wanted == set()


def test_one_version_everywhere() -> None:
    manifest = json.loads((PACKAGE / "manifest.json").read_text())
    pyproject = re.search(r'^version = "(.+)"$', (CHECKOUT / "pyproject.toml").read_text(), re.MULTILINE)
    assert pyproject is not None
    assert pyproject[1] == manifest["version"]
    oldest = Version(json.loads((CHECKOUT / "hacs.json").read_text())["homeassistant"])
    assert oldest <= Version(version("homeassistant"))


def test_the_manifest_is_as_hassfest_wants_it() -> None:
    manifest = json.loads((PACKAGE / "manifest.json").read_text())
    keys = list(manifest)
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    assert manifest["domain"] == PACKAGE.name
    assert manifest["requirements"] == ["python-socketio>=5.18,<6"]
    assert manifest["dependencies"] == sorted(manifest["dependencies"])
    assert {"codeowners", "config_flow", "documentation", "issue_tracker", "iot_class", "version"} <= set(keys)
    assert manifest["integration_type"] == "hub"
    assert manifest["single_config_entry"] is True


def test_every_component_used_is_a_dependency() -> None:
    manifest = json.loads((PACKAGE / "manifest.json").read_text())
    declared = {*manifest["dependencies"], *manifest.get("after_dependencies", ())}
    # hassfest's own exceptions: what every Home Assistant has, and the helpers that are domains of entities.
    free = {platform.value for platform in Platform} | {
        "automation",
        "group",
        "person",
        "script",
        "zone",
        "homeassistant",
    }
    free |= {f"input_{kind}" for kind in ("boolean", "button", "datetime", "number", "select", "text")} | {"timer"}
    used: dict[str, str] = {}
    for path in MODULES:
        for name in imports(path):
            match name.split("."):
                # A platform for another integration may use that one.
                case ["homeassistant", "components", component, *_] if component != path.stem:
                    used[component] = path.name
    assert {component: file for component, file in used.items() if component not in declared | free} == {}


def test_the_languages_say_the_same() -> None:
    english, korean = (flat(translations(language)) for language in LANGUAGES)
    assert sorted(korean) == sorted(english)
    for key, text in english.items():
        assert sorted(set(PLACEHOLDER.findall(text))) == sorted(set(PLACEHOLDER.findall(korean[key]))), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_translations_are_as_hassfest_wants_them(language: str) -> None:
    for key, text in flat(translations(language)).items():
        assert text == text.strip(), key
        assert text, key
        assert not re.search(r"'\{\w+\}'", text), f"{key}: a placeholder in single quotes"
        assert not HIDDEN_ADDRESS.search(text), f"{key}: an address belongs in a placeholder"
        assert not re.search(r"<[a-z/]", text), f"{key}: HTML"


def test_every_error_has_its_words() -> None:
    codes = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.InterphoneError) and error is not errors.InterphoneError
    }
    assert codes
    assert codes - set(translations("en")["exceptions"]) == set()


def test_every_field_of_a_form_has_its_words() -> None:
    for flow in ("config", "options"):
        for step in translations("en")[flow]["step"].values():
            assert list(step["data"]) == list(step["data_description"])


def test_actions_have_words_and_icons() -> None:
    services, icons = PACKAGE / "services.yaml", PACKAGE / "icons.json"
    named = yaml.safe_load(services.read_text()) if services.exists() else {}
    assert sorted(translations("en").get("services", {})) == sorted(named)
    drawn = json.loads(icons.read_text()).get("services", {}) if icons.exists() else {}
    assert sorted(drawn) == sorted(named)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_may_do_no_more_than_they_must(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert set(job["permissions"].values()) <= {"read", "write"}
        if "write" in job["permissions"].values():
            assert path.stem == "release"
        assert job["timeout-minutes"] <= 30
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "what comes from outside goes through the environment"
            if action := step.get("uses"):
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), f"{action} is not pinned"
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_every_pin_says_which_version_it_is() -> None:
    pins = [line for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert pins
    assert [line for line in pins if not re.search(r"@[0-9a-f]{40} # \S+", line)] == []


def test_a_release_is_stamped_and_holds_the_integration(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "custom_components" / "interphone", ignore=ignored)
    (tmp_path / "scripts").mkdir()
    for name in ("pyproject.toml", "scripts/package.py"):
        shutil.copy(CHECKOUT / name, tmp_path / name)

    command = [sys.executable, str(tmp_path / "scripts" / "package.py"), "9.8.7b6"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a script of this checkout

    assert 'version = "9.8.7b6"' in (tmp_path / "pyproject.toml").read_text()
    with zipfile.ZipFile(tmp_path / "dist" / json.loads((CHECKOUT / "hacs.json").read_text())["filename"]) as archive:
        stamped = json.loads(archive.read("manifest.json"))
        assert {"__init__.py", "config_flow.py", "translations/ko.json"} <= set(archive.namelist())
    assert stamped == json.loads((PACKAGE / "manifest.json").read_text()) | {"version": "9.8.7b6"}
