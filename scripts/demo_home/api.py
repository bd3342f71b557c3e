"""A client of Home Assistant's public APIs: onboarding, login, REST and WebSocket."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp

from .errors import DemoError

USERNAME = "demo"
PASSWORD = "demo"  # noqa: S105  # the demo's, printed for the user to type


class HomeApi:
    """A client logged in as one user once `enter()` has returned. Call `close()` in the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""
        self._http = aiohttp.ClientSession(url)

    async def close(self) -> None:
        """Close the HTTP connections."""
        await self._http.close()

    async def request(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of a response; raise `DemoError` for a status of 400 or above."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self._http.request(method, path, headers=headers, **options) as response:
            if not response.ok:
                raise DemoError(f"{method} {path} returned {response.status}: {await response.text()}")
            return await response.json()

    async def responds(self) -> bool:
        """Return whether Home Assistant serves its frontend."""
        try:
            async with self._http.get("/manifest.json") as response:
                return response.ok
        except aiohttp.ClientError:
            return False

    async def running(self) -> bool:
        """Return whether start-up has finished (state `RUNNING`). Needs a token."""
        config = await self.request("GET", "/api/config")
        return bool(config["state"] == "RUNNING")

    async def enter(self) -> None:
        """Log in as the demo's user, created first by the onboarding if the home has no user."""
        if "user" in await self.open_steps():
            user = {"name": "Demo", "username": USERNAME, "password": PASSWORD, "language": "en"}
            created = await self.request("POST", "/api/onboarding/users", json={**user, "client_id": self._client_id})
            await self._exchange(created["auth_code"])
        else:
            await self._login()

    async def open_steps(self) -> set[str]:
        """Return the onboarding steps that are not done yet."""
        async with self._http.get("/api/onboarding") as response:
            # The endpoint does not exist in a home that started with the onboarding finished.
            steps = [] if response.status == HTTPStatus.NOT_FOUND else await response.json()
        return {step["step"] for step in steps if not step["done"]}

    async def do_step(self, step: str, **fields: Any) -> None:
        """Complete one step of the onboarding."""
        await self.request("POST", f"/api/onboarding/{step}", json={"client_id": self._client_id, **fields})

    async def call(self, domain: str, service: str, **data: Any) -> None:
        """Call a service (action) of Home Assistant."""
        await self.request("POST", f"/api/services/{domain}/{service}", json=data)

    async def entries(self) -> list[dict[str, Any]]:
        """Return the config entries."""
        listed: list[dict[str, Any]] = await self.request("GET", "/api/config/config_entries/entry")
        return listed

    async def configure(self, domain: str, values: Mapping[str, Any]) -> None:
        """Set an integration up through its config flow. `values` override the form's defaults."""
        await self._flow("/api/config/config_entries/flow", domain, values)

    async def reconfigure(self, entry_id: str, values: Mapping[str, Any]) -> None:
        """Change the options of a config entry. Options that are not in `values` stay as they are."""
        await self._flow("/api/config/config_entries/options/flow", entry_id, values)

    def socket(self) -> HomeSocket:
        """Return a WebSocket connection for this user, not yet open."""
        return HomeSocket(self._http, self.token)

    @property
    def _client_id(self) -> str:
        return f"{self.url}/"

    async def _flow(self, path: str, handler: str, values: Mapping[str, Any]) -> None:
        step = await self.request("POST", path, json={"handler": handler, "show_advanced_options": False})
        while step["type"] == "form":
            if step["errors"]:
                raise DemoError(f"the flow of {handler} refused the form: {step['errors']}")
            fields = _filled(step["data_schema"], values)
            step = await self.request("POST", f"{path}/{step['flow_id']}", json=fields)
        if step["type"] != "create_entry":
            raise DemoError(f"the flow of {handler} ended with {step['type']}: {step.get('reason')}")

    async def _login(self) -> None:
        start = {"client_id": self._client_id, "handler": ["homeassistant", None], "redirect_uri": self._client_id}
        flow = await self.request("POST", "/auth/login_flow", json=start)
        credentials = {"client_id": self._client_id, "username": USERNAME, "password": PASSWORD}
        step = await self.request("POST", f"/auth/login_flow/{flow['flow_id']}", json=credentials)
        if step["type"] != "create_entry":
            raise DemoError(f"the user {USERNAME} cannot log in any more: start over with --fresh")
        await self._exchange(step["result"])

    async def _exchange(self, code: str) -> None:
        form = {"grant_type": "authorization_code", "code": code, "client_id": self._client_id}
        self.token = (await self.request("POST", "/auth/token", data=form))["access_token"]


def _filled(schema: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's suggested or default values, overridden by `values`."""
    fields = {}
    for field in schema:
        suggested = (field.get("description") or {}).get("suggested_value", field.get("default"))
        if (value := values.get(field["name"], suggested)) is not None:
            fields[field["name"]] = value
    return fields


class HomeSocket:
    """A client of Home Assistant's WebSocket API: commands and subscriptions, as an async context manager."""

    def __init__(self, http: aiohttp.ClientSession, token: str) -> None:
        self._http = http
        self._token = token
        self._last_id = 0
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, asyncio.Queue[Any]] = {}

    async def __aenter__(self) -> Self:
        self._socket = await self._http.ws_connect("/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._token})
        response = await self._socket.receive_json()
        if response["type"] != "auth_ok":
            await self._socket.close()
            raise DemoError(f"Home Assistant's WebSocket refused the login: {response}")
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()

    async def command(self, kind: str, **fields: Any) -> Any:
        """Return the result of a command; raise `DemoError` when it is refused."""
        return await self._send(kind, fields)

    async def subscribe(self, kind: str, **fields: Any) -> asyncio.Queue[Any]:
        """Subscribe and return the queue of the subscription's events, initial ones included."""
        events: asyncio.Queue[Any] = asyncio.Queue()
        self._events[self._last_id + 1] = events
        await self._send(kind, fields)
        return events

    async def _send(self, kind: str, fields: Mapping[str, Any]) -> Any:
        self._last_id += 1
        result = self._results[self._last_id] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._last_id, "type": kind, **fields})
        response = await result
        if not response["success"]:
            raise DemoError(f"the WebSocket command {kind} was refused: {response['error']}")
        return response["result"]

    async def _read(self) -> None:
        """Dispatch each message to its future or queue. When the socket closes, pending commands raise `DemoError`."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            received = message.json()
            if received["type"] == "result":
                self._results.pop(received["id"]).set_result(received)
            elif received["type"] == "event" and received["id"] in self._events:
                self._events[received["id"]].put_nowait(received["event"])
        for pending in self._results.values():
            pending.set_exception(DemoError("Home Assistant closed its WebSocket"))
