"""Polls: requesters that wait for the status of their bound pairing to change. Nobody is notified of them."""

import asyncio
from contextlib import suppress

from .desk import PairingDesk
from .models import Pairing, Proof, Status


class StatusPolls:
    """Owns the polls that wait, one for each pairing: a newer one ends the older early."""

    def __init__(self, desk: PairingDesk) -> None:
        """Follow the desk until `stop`."""
        self._desk = desk
        self._polls: dict[str, asyncio.Future[None]] = {}
        self.stop = desk.subscribe(self._wake)

    async def status(self, proof: Proof, source: str, wait: float) -> Status:
        """Return the status of a pairing at once, or when it changes within `wait` seconds.

        Raises `UnknownPairingError`, `ProofRequiredError` or `RateLimitedError`.
        """
        loop = asyncio.get_running_loop()
        first = status = self._desk.status(proof, source)
        end = loop.time() + min(wait, status.expires_in)
        mine: asyncio.Future[None] | None = None
        while status.state.live and _visible(status) == _visible(first) and (left := end - loop.time()) > 0:
            if mine and self._polls.get(proof.pairing_id) is not mine:
                break  # a newer poll waits
            if mine is None:
                self._answer(proof.pairing_id)
            mine = self._polls[proof.pairing_id] = loop.create_future()
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await mine
            finally:
                if self._polls.get(proof.pairing_id) is mine and not mine.done():
                    del self._polls[proof.pairing_id]
            status = self._desk.status(proof, source)
        return status

    def _wake(self, pairing: Pairing) -> None:
        poll = self._polls.get(pairing.id)
        if poll and not poll.done():
            poll.set_result(None)

    def _answer(self, pairing_id: str) -> None:
        poll = self._polls.pop(pairing_id, None)
        if poll and not poll.done():
            poll.set_result(None)


def _visible(status: Status) -> tuple[object, ...]:
    """Return what a poll waits to change: anything but the time that is left."""
    return status.state, status.shown, status.attempts_left
