"""Engine.IO 3 and 4 for aiohttp: the transport layer of Socket.IO 1 to 4. README.md says how to use it."""

from .packet import PacketError
from .ready import ReadyMade
from .reason import Reason
from .server import Engine
from .session import Session
from .settings import Settings

__all__ = ["Engine", "PacketError", "ReadyMade", "Reason", "Session", "Settings"]
