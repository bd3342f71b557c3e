"""Runs commands: from an envelope to one service call and its result."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
import hashlib
import logging
import math
import secrets
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util import dt as dt_util
import orjson

from ..access.models import Grant
from ..const import DOMAIN, EVENT_COMMAND
from ..errors import (
    CommandExpiredError,
    DeviceOfflineError,
    InternalError,
    InterphoneError,
    InvalidParamsError,
    InvalidRequestError,
    NotPermittedError,
    NotReadyError,
    RateLimitedError,
    UnsupportedCommandError,
)
from ..rate import TokenBucket
from .calls import Calls
from .catalog import Catalog, Difference
from .envelope import Envelope, id_of, parse
from .faults import summary
from .model import NOTHING, Device, Json, ServiceCall, Trait
from .registry import TRAITS

# Commands of one request: a scene of a house. Half of `COMMAND_BURST`, so that a batch after a pause is not cut.
BATCH_SIZE_MAX: Final = 64
# Commands a grant may send at once, and per second after that: a whole batch, and a slider that is dragged.
COMMAND_BURST: Final = 128
COMMAND_RATE: Final = 20.0
# Results kept for commands that are sent again with the same id: retries come within minutes.
RESULTS_MAX: Final = 1024
RESULT_LIFETIME: Final = 600.0
# How long a service call is waited for. It goes on afterwards and may still take effect.
COMMAND_TIMEOUT: Final = 10.0
# How long the wanted state is waited for after the call returned: "confirmed" if it is seen, else "done".
CONFIRM_TIMEOUT: Final = 1.0

_LOGGER = logging.getLogger(__name__)


class CommandStatus(StrEnum):
    """Outcome of a command."""

    DONE = "done"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of one envelope.

    `id` is as sent, None where it had none; `error` is set when it was refused or failed; `state` is the device's
    after it was done.
    """

    id: str | None
    status: CommandStatus
    error: InterphoneError | None = None
    state: Json | None = None

    def as_dict(self, message: str | None = None) -> dict[str, Any]:
        """Return `{id, status, error?, message?, detail?, retry_after?, state?}`.

        `message` is that of the error, in the language of the request; `state` as in `Device.as_dict`.
        """
        result: dict[str, Any] = {"id": self.id, "status": self.status.value}
        if self.error is not None:
            result["error"] = self.error.code
            if message is not None:
                result["message"] = message
            if self.error.detail is not None:
                result["detail"] = self.error.detail
            if self.error.retry_after is not None:
                result["retry_after"] = self.error.retry_after
        if self.state is not None:
            result["state"] = self.state
        return result


type _Key = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class _Order:
    """A command that passed every check: the call to make, and the state that confirms it.

    `tolerances` say how near to the wanted state counts as reached.
    """

    device: Device
    name: str
    trait: Trait
    call: ServiceCall
    wanted: Json | None
    tolerances: Mapping[str, float]


@dataclass(slots=True)
class _Running:
    """A command whose service call was started, until `settle` keeps nothing but its result.

    Many are kept for repetitions. What the garbage collector has to go through for each would cost every command.
    """

    since: float
    digest: bytes
    called: asyncio.Event | None
    task: asyncio.Task[CommandResult] | None
    result: CommandResult | None = None

    def settle(self, task: asyncio.Task[CommandResult]) -> None:
        """Keep the result in place of the task that is done."""
        if not task.cancelled() and task.exception() is None:
            self.result, self.task, self.called = task.result(), None, None

    async def until_called(self) -> None:
        """Wait until the service call has returned."""
        if self.called is not None:
            await self.called.wait()

    async def until_done(self) -> CommandResult:
        """Wait for the result. Cancelling the wait cancels nothing else."""
        if self.task is not None:
            return await asyncio.shield(self.task)
        assert self.result is not None  # noqa: S101 - there is one or the other
        return self.result


class Commands:
    """Runs commands for grants: authorise, plan, call, confirm."""

    def __init__(self, hass: HomeAssistant, catalog: Catalog) -> None:
        """Start without commands."""
        self._hass = hass
        self._catalog = catalog
        self._clock = hass.loop.time
        self._calls = Calls(hass)
        self._tasks: set[asyncio.Task[CommandResult]] = set()
        # By grant, exchanged token and command id, the oldest first: no token learns the results of another.
        self._started: OrderedDict[_Key, _Running] = OrderedDict()
        self._buckets: dict[str, TokenBucket] = {}  # by grant
        # Keys the digests by which a repeated id is compared, so that no params are kept: they may hold a PIN.
        self._key = secrets.token_bytes(32)

    async def stop(self) -> None:
        """Accept no more commands and end every wait; service calls that were made go on."""
        self._calls.stop()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def run(self, grant: Grant, envelope: object, *, context: Context | None = None) -> CommandResult:
        """Run one command: wait for its service call, and up to `CONFIRM_TIMEOUT` longer for the wanted state.

        A command that is refused or fails has a result and raises nothing. The caller has checked that the grant is
        active. A command that is sent again with its id, even while the first runs, gets the first one's result; one
        that was refused before anything was called may be sent again.
        """
        begun = self._begin(grant, envelope, context)
        return begun if isinstance(begun, CommandResult) else await begun.until_done()

    async def run_many(
        self, grant: Callable[[], Grant], envelopes: Sequence[object], *, context: Context | None = None
    ) -> list[CommandResult]:
        """Run commands one after the other; each has its own result, and a failed one does not stop the rest.

        The next starts when the call of the one before has returned; the wanted states are waited for together. `grant`
        returns the active grant and is called before each command: one that was revoked or narrowed meanwhile refuses
        the rest. Raises `InvalidRequestError` for an empty list or one over `BATCH_SIZE_MAX`, and
        `RevokedGrantError`, `PausedGrantError` or `InvalidTokenError` if the first call of `grant` does.
        """
        if not 1 <= len(envelopes) <= BATCH_SIZE_MAX:
            raise InvalidRequestError(f"expected 1 to {BATCH_SIZE_MAX} commands")
        grant()
        begun: list[CommandResult | _Running] = []
        for envelope in envelopes:
            try:
                begun.append(running := self._begin(grant(), envelope, context))
            except InterphoneError as error:
                begun.append(CommandResult(id_of(envelope), CommandStatus.FAILED, error))
                continue
            if isinstance(running, _Running):
                await running.until_called()
        return [running if isinstance(running, CommandResult) else await running.until_done() for running in begun]

    async def run_sent(self, grant: Callable[[], Grant], sent: object) -> CommandResult | list[CommandResult]:
        """Run what a website sent: one envelope, or a list of them; the result has the same form.

        `grant` returns the active grant and is called again when commands are done: one that was revoked or paused
        meanwhile learns no state. Raises `InvalidRequestError` for an empty list or one over `BATCH_SIZE_MAX`, and
        `RevokedGrantError`, `PausedGrantError` or `InvalidTokenError` if the first call of `grant` does.
        """
        if isinstance(sent, list):
            return [self._if_active(grant, result) for result in await self.run_many(grant, sent)]
        return self._if_active(grant, await self.run(grant(), sent))

    @staticmethod
    def _if_active(grant: Callable[[], Grant], result: CommandResult) -> CommandResult:
        try:
            grant()
        except InterphoneError:
            return replace(result, state=None)
        return result

    def _begin(self, grant: Grant, raw: object, context: Context | None) -> CommandResult | _Running:
        """Check a command and start its call; or return the result of one that is refused."""
        try:
            return self._start(grant, raw, context)
        except CommandExpiredError as error:
            return CommandResult(id_of(raw), CommandStatus.EXPIRED, error)
        except InterphoneError as error:
            return CommandResult(id_of(raw), CommandStatus.FAILED, error)
        except Exception as error:  # noqa: BLE001 - one device that cannot be read must not end a batch
            _LOGGER.error("A command failed: %s", summary(error))  # noqa: TRY400 - a traceback may quote a PIN
            return CommandResult(id_of(raw), CommandStatus.FAILED, InternalError())

    def _start(self, grant: Grant, raw: object, context: Context | None) -> _Running:
        """Check a command and start its call, or find the one that was started under its id."""
        if self._calls.stopped.done():
            raise NotReadyError
        self._spend(grant.id)
        envelope = parse(raw)
        digest = self._digest(envelope)
        if running := self._recall((grant.id, grant.token_id, envelope.id)):
            if not secrets.compare_digest(running.digest, digest):
                raise InvalidRequestError("id: already used for another command")
            return running
        order = self._order(grant, envelope)
        called = asyncio.Event()
        execution = self._execute(order, grant, envelope.id, context or Context(), called)
        task = self._hass.async_create_task(execution, f"{DOMAIN} {order.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        running = _Running(self._clock(), digest, called, task)
        if task.done():
            running.settle(task)
        else:
            task.add_done_callback(running.settle)
        self._started[grant.id, grant.token_id, envelope.id] = running
        if len(self._started) > RESULTS_MAX:
            self._started.popitem(last=False)
        return running

    def _recall(self, key: _Key) -> _Running | None:
        """Return what was started under this id within `RESULT_LIFETIME`."""
        running = self._started.get(key)
        if running is None or running.since >= self._clock() - RESULT_LIFETIME:
            return running
        del self._started[key]
        return None

    def _spend(self, grant_id: str) -> None:
        """Take a token of the grant. Raises `RateLimitedError`."""
        now = self._clock()
        bucket = self._buckets.get(grant_id)
        if bucket is None:
            self._buckets = {key: known for key, known in self._buckets.items() if not known.is_full(now)}
            bucket = self._buckets[grant_id] = TokenBucket(COMMAND_RATE, COMMAND_BURST, now)
        if wait := bucket.take(now):
            raise RateLimitedError("too many commands", retry_after=math.ceil(wait * 10) / 10)

    def _digest(self, envelope: Envelope) -> bytes:
        try:
            content = orjson.dumps([envelope.device, envelope.command, envelope.params], option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # attachments of a Socket.IO packet
            raise InvalidParamsError("params: only JSON") from None
        return hashlib.blake2b(content, key=self._key, digest_size=16).digest()

    def _order(self, grant: Grant, envelope: Envelope) -> _Order:
        if envelope.expired(dt_util.utcnow()):
            raise CommandExpiredError
        device = self._catalog.present(envelope.device, grant.scope)
        if not grant.scope.controls(device):
            raise NotPermittedError
        if envelope.command not in device.commands:
            raise UnsupportedCommandError(f"this device's commands: {', '.join(device.commands) or 'none'}")
        name, _, verb = envelope.command.partition(".")
        trait = TRAITS[name]
        command = trait.commands[verb]
        params = command.check(envelope.params)
        entity = self._catalog.entity(device)
        if entity is None or not entity.online:
            raise DeviceOfflineError
        call = command.plan(entity, params)
        # A state that Home Assistant guesses confirms nothing.
        wanted = None if command.wants is None or entity.assumed else command.wants(entity, params)
        tolerances = trait.tolerances(entity, wanted) if wanted else NOTHING
        return _Order(device, envelope.command, trait, call, wanted, tolerances)

    async def _execute(
        self, order: _Order, grant: Grant, command_id: str, context: Context, called: asyncio.Event
    ) -> CommandResult:
        try:
            await self._call(order, grant, context)
            reached = self._reached(order)
            if not reached:
                # Entities that work in a thread write their state in the next turn of the loop.
                await asyncio.sleep(0)
                reached = self._reached(order)
        except InterphoneError as error:
            return CommandResult(command_id, CommandStatus.FAILED, error)
        finally:
            called.set()
        reached = reached or await self._reaches(order)
        status = CommandStatus.CONFIRMED if reached else CommandStatus.DONE
        device = self._catalog.get(order.device.id)
        return CommandResult(command_id, status, state=None if device is None else device.state)

    async def _call(self, order: _Order, grant: Grant, context: Context) -> None:
        """Fire `EVENT_COMMAND` and make the service call.

        Raises `CommandTimeoutError`, `CommandRejectedError` or `CommandFailedError`.
        """
        entity_id = order.device.entity_id
        event = {
            ATTR_ENTITY_ID: entity_id,
            "device": order.device.id,
            "command": order.name,
            "grant_id": grant.id,
            "grant_name": grant.name,
        }
        self._hass.bus.async_fire(EVENT_COMMAND, event, context=context)
        await self._calls.make(order.name, entity_id, order.call, context, COMMAND_TIMEOUT)

    async def _reaches(self, order: _Order) -> bool:
        """Wait for the wanted state; return whether it is seen within `CONFIRM_TIMEOUT`."""
        if order.wanted is None:
            return False
        seen: asyncio.Future[None] = self._hass.loop.create_future()

        @callback
        def on_difference(difference: Difference) -> None:
            new = difference.new
            if new is not None and new.id == order.device.id and not seen.done() and self._reached(order):
                seen.set_result(None)

        release = self._catalog.subscribe(on_difference)
        try:
            either = {seen, self._calls.stopped}
            await asyncio.wait(either, timeout=CONFIRM_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        finally:
            release()
        return seen.done()

    def _reached(self, order: _Order) -> bool:
        device = self._catalog.get(order.device.id)
        if device is None or not device.online or order.wanted is None:
            return False
        trait, wanted = order.trait, order.wanted
        state = device.state.get(trait.name)
        if state is None:
            return False
        if trait.shows(wanted, state):
            return True
        # One that was already near and has not moved may not have obeyed.
        before = order.device.state.get(trait.name, NOTHING)
        moved = any(state.get(key) != before.get(key) for key in wanted)
        return moved and trait.reached(wanted, state, order.tolerances)
