"""Many sessions close together: one that fails never stops the others."""

from typing import Any

import pytest

from custom_components.interphone.api.socketio.sessions import Session, Sessions
from custom_components.interphone.engineio.session import Session as EngineSession

from ...conftest import Connect, Home, Tokens


async def test_a_session_that_cannot_be_closed_does_not_stop_the_others(
    home: Home, connect: Connect, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    websites = [await connect(tokens.token) for _ in range(3)]
    for website in websites:
        await website.receive("snapshot")
    revoked: set[str] = set()
    end = EngineSession.end

    def fail_once(session: EngineSession, reason: str, **kwargs: Any) -> None:
        if reason == "revoked":  # not when the clients close
            revoked.add(session.sid)
            if len(revoked) == 1:
                raise OSError("broken")
        end(session, reason, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(EngineSession, "end", fail_once)
        await home.command("grants/revoke", grant_id=tokens.grant_id)
        for website in websites:
            assert await website.receive("revoked") == {"reason": "revoked"}
            await website.closed()
    assert len(revoked) == 3


async def test_a_cleanup_that_fails_does_not_stop_the_others() -> None:
    sessions, called = Sessions(), []

    def fail() -> None:
        raise RuntimeError("broken")

    session = Session("1", engine=None, handshake=None)  # type: ignore[arg-type]  # neither is looked at
    session.on_readmission += [lambda: called.append("timer"), fail]
    session.on_close += [lambda: called.append("stream"), fail]
    sessions.open(session)
    sessions.close("1")
    assert called == ["timer", "stream"]
    assert sessions.all == ()
