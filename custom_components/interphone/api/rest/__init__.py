"""The REST API: each view beside its description."""

from typing import Final

from ..view import View
from .answers import AnswerView
from .commands import CommandsView
from .devices import DeviceDetailView, DevicesView
from .events import EventsView
from .forecast import ForecastView
from .history import HistoryView
from .pairing import CodeCheckView, CodeView, PairingView
from .still import StillView
from .stream import FILES, StreamFileView, StreamView
from .tokens import GrantDetailView, RevokeView, TokenView

# The views, without that of their description.
VIEWS: Final[tuple[View, ...]] = (
    CodeView(),
    CodeCheckView(),
    PairingView(),
    TokenView(),
    RevokeView(),
    GrantDetailView(),
    DevicesView(),
    DeviceDetailView(),
    HistoryView(),
    ForecastView(),
    StillView(),
    StreamView(),
    *map(StreamFileView, FILES),
    CommandsView(),
    EventsView(),
    AnswerView(),
)
