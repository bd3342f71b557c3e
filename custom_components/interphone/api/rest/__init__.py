"""The REST doors: parse, call, serialise."""

from homeassistant.core import HomeAssistant

from ..view import NothingHereView
from .answers import AnswerView
from .devices import CommandsView, DevicesView, DeviceView
from .events import EventsView
from .forecast import ForecastView
from .history import HistoryView
from .openapi import OpenApiView
from .pairing import CodeCheckView, CodeView
from .snapshot import SnapshotView
from .stream import FILES, StreamFileView, StreamView
from .tokens import GrantView, RevokeView, TokenView


def async_register(hass: HomeAssistant) -> None:
    """Register every view. Once in the life of a Home Assistant: views cannot be removed."""
    for view in (
        CodeView(),
        CodeCheckView(),
        TokenView(),
        RevokeView(),
        GrantView(),
        DevicesView(),
        DeviceView(),
        HistoryView(),
        ForecastView(),
        SnapshotView(),
        StreamView(),
        *(StreamFileView(file, server) for file, server in FILES.items()),
        CommandsView(),
        EventsView(),
        AnswerView(),
        OpenApiView(),
        NothingHereView(),
    ):
        hass.http.register_view(view)
