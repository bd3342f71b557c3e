"""The REST doors: parse, call, serialise."""

from homeassistant.core import HomeAssistant

from .devices import CommandsView, DevicesView, DeviceView
from .events import EventsView
from .history import HistoryView
from .openapi import OpenApiView
from .pairing import CodeCheckView, CodeView
from .snapshot import SnapshotView
from .tokens import GrantView, RevokeView, TokenView
from .view import NothingHereView


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
        SnapshotView(),
        CommandsView(),
        EventsView(),
        OpenApiView(),
        NothingHereView(),
    ):
        hass.http.register_view(view)
