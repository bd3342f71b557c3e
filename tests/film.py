"""A film, and the camera hardware that sends it: real H.264 over a real socket."""

import asyncio
from io import BytesIO
from itertools import islice

import av
import numpy as np

FRAMES_A_SECOND = 5
SIZE = 64


def make_film(seconds: int) -> bytes:
    """Return an MPEG transport stream of grey pictures, with a key frame each second."""
    film = BytesIO()
    with av.open(film, "w", format="mpegts") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(FRAMES_A_SECOND)}
        video = container.add_stream("libx264", rate=FRAMES_A_SECOND, options=options)
        video.width = video.height = SIZE
        for number in range(seconds * FRAMES_A_SECOND):
            grey = np.full((SIZE, SIZE, 3), number % 256, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(video.encode(None))
    return film.getvalue()


def count_frames(mp4: bytes) -> int:
    """Play a film; return how many pictures it shows."""
    with av.open(BytesIO(mp4)) as container:
        return sum(1 for _ in container.decode(video=0))


def watch(address: str, frames: int) -> bool:
    """Have a player watch a stream; return whether it showed so many pictures."""
    with av.open(address, timeout=10) as container:
        return sum(1 for _ in islice(container.decode(video=0), frames)) == frames


class Lens:
    """Sends its film to whoever connects, at once, and then sees nothing more until it is closed."""

    def __init__(self, film: bytes) -> None:
        self.film = film
        self.watchers = 0
        self._closed = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        assert self._server
        return f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def open(self) -> None:
        """See from now on."""
        self._server = await asyncio.start_server(self._send, "127.0.0.1", 0)

    async def close(self) -> None:
        """See nothing more, and hang up."""
        assert self._server
        self._closed.set()
        self._server.close()
        await self._server.wait_closed()

    async def _send(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.watchers += 1
        writer.write(self.film)
        await self._closed.wait()
        writer.close()
