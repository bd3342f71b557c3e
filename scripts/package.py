"""`python3 scripts/package.py VERSION`: writes the version into the checkout and builds dist/interphone.zip.

Needs only the standard library, so that a release runs without the requirements.
"""

import argparse
import json
from pathlib import Path
import re
import zipfile

_CHECKOUT = Path(__file__).resolve().parents[1]
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
# A fixed timestamp makes the zip reproducible.
_TIME = (2020, 1, 1, 0, 0, 0)


def stamp(checkout: Path, version: str) -> None:
    """Write the version into the manifest and into pyproject.toml."""
    path = checkout / "custom_components" / "interphone" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    # Replaced in place, so that the file keeps its formatting.
    _replace(path, f'"version": "{manifest["version"]}"', f'"version": "{version}"')
    path = checkout / "pyproject.toml"
    current = re.search(r'^version = ".*"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    if current is None:
        raise SystemExit("error: pyproject.toml has no version")
    _replace(path, current.group(), f'version = "{version}"')


def package(checkout: Path) -> Path:
    """Zip the integration with its files at the root, as HACS expects. Returns the path of the zip."""
    source = checkout / "custom_components" / "interphone"
    target = checkout / "dist" / "interphone.zip"
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), _TIME)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise SystemExit(f"error: {old} is not in {path} exactly once")
    path.write_text(text.replace(old, new), encoding="utf-8")


def main() -> None:
    """Stamp and package the version given on the command line."""
    parser = argparse.ArgumentParser(prog="package.py", description=__doc__)
    parser.add_argument("version", help="such as 1.2.3 or 1.2.3b1, without a v before it")
    version = parser.parse_args().version
    if not _VERSION.fullmatch(version):
        parser.error(f"{version!r} is not a version such as 1.2.3 or 1.2.3b1")
    stamp(_CHECKOUT, version)
    print(package(_CHECKOUT))


if __name__ == "__main__":
    main()
