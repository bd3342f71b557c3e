from pathlib import Path

from custom_components.interphone import engineio

PURE = {"codec3.py", "codec4.py", "packet.py", "ready.py"}


def test_nothing_of_home_assistant_is_imported() -> None:
    files = list(Path(engineio.__file__).parent.glob("*.py"))
    assert {file.name for file in files} > PURE
    for file in files:
        text = file.read_text()
        assert "homeassistant" not in text, file.name
        if file.name in PURE:
            assert "asyncio" not in text, file.name
            assert "aiohttp" not in text, file.name
