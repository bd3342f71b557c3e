"""Nothing these sockets send may leave a trace of a fault in Home Assistant's log."""

import pytest


@pytest.fixture
def short_authentication(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time in which a session must authenticate, shortened."""
    monkeypatch.setattr("custom_components.interphone.api.socketio.admission.AUTHENTICATE_TIMEOUT", 0.5)
