"""The fixtures of the engine's tests."""

from ....engineio.conftest import _custom_integrations, make_server, serve  # noqa: F401 - fixtures
