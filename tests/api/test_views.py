"""A view that is added: one class, and it is served, validated, described and refused like all others."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from homeassistant.helpers.http import KEY_HASS
import pytest
import voluptuous as vol

from custom_components.interphone.api.contract import Payload, text
from custom_components.interphone.api.operation import Body, Operation, json_of
from custom_components.interphone.api.peer import LOCAL
from custom_components.interphone.api.rest.openapi import OpenApiView
from custom_components.interphone.api.view import Call, DeviceCall, DeviceView, View, json_response
from custom_components.interphone.const import BASE_PATH
from custom_components.interphone.errors import DeviceOfflineError

from ..conftest import ORIGIN, Home

ECHO: Final = f"{BASE_PATH}/echo/a"

type Client = TestClient[Any, Any]


class EchoView(View):
    """Says again what it is sent."""

    path = "/echo/{word:[a-z]{1,5}}"

    @Operation("Say a word again", json_of(word=str), query=Payload(vol.Schema({vol.Required("word"): text(5)})))
    async def get(self, call: Call) -> web.Response:
        if call.query["word"] == "fail":
            raise RuntimeError("on purpose")
        return json_response({"success": True, "word": call.query["word"]})

    @Operation(
        "Say a text again",
        json_of(text=str),
        errors=(DeviceOfflineError,),
        body=Body(vol.Schema({vol.Optional("text", default="nothing"): text(8)}), required=False, size_max=64),
    )
    async def post(self, call: Call) -> web.Response:
        return json_response({"success": True, "text": call.body["text"]})


class NameView(DeviceView):
    """Says a device's name."""

    path = "/devices/{device_id}/name"

    @Operation("A device's name", json_of(name=str))
    async def get(self, call: DeviceCall) -> web.Response:
        return json_response({"success": True, "name": call.device.name})


@pytest.fixture
async def client(home: Home) -> AsyncGenerator[Client]:
    application = web.Application()
    application[KEY_HASS] = home.hass
    for view in (EchoView(), NameView()):
        view.mount(application, LOCAL)
    client = TestClient(TestServer(application))
    await client.start_server()
    yield client
    await client.close()


async def answer(client: Client, method: str, path: str, **kwargs: Any) -> tuple[int, Any]:
    async with client.request(method, path, **kwargs) as response:
        return response.status, await response.json() if method != "HEAD" else None


async def test_it_is_served(client: Client) -> None:
    assert await answer(client, "GET", f"{ECHO}?word=hello") == (200, {"success": True, "word": "hello"})
    assert await answer(client, "HEAD", f"{ECHO}?word=hello") == (200, None)
    assert await answer(client, "POST", ECHO) == (200, {"success": True, "text": "nothing"})
    assert await answer(client, "POST", ECHO, json={"text": "hello"}) == (200, {"success": True, "text": "hello"})


async def test_its_input_is_validated(client: Client) -> None:
    for method, path, kwargs, field in (
        ("GET", ECHO, {}, "word"),
        ("GET", f"{ECHO}?word=toolong", {}, "word"),
        ("POST", ECHO, {"json": {"text": ""}}, "text"),
        ("POST", ECHO, {"json": {"texts": "hello"}}, "texts"),
    ):
        status, body = await answer(client, method, path, **kwargs)
        assert (status, body["error"]) == (400, "invalid_request")
        assert field in body["message"]
    status, body = await answer(client, "POST", ECHO, json={"text": "x" * 64})
    assert (status, body["error"]) == (413, "body_too_large")


async def test_its_faults_are_ours(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    status, body = await answer(client, "GET", f"{ECHO}?word=fail", headers={"Origin": ORIGIN})
    assert (status, body["error"]) == (500, "internal_error")
    assert "purpose" not in str(body)
    assert "/echo/{word" in caplog.text
    caplog.clear()


def test_it_is_described_by_what_validates() -> None:
    paths = OpenApiView((EchoView(), NameView())).describe()["paths"]
    assert set(paths) == {"/echo/{word}", "/devices/{device_id}/name", "/openapi.json"}
    get, post = paths["/echo/{word}"]["get"], paths["/echo/{word}"]["post"]
    assert [parameter["in"] for parameter in get["parameters"]] == ["path", "query"]
    assert get["parameters"][1]["schema"] == {"type": "string", "minLength": 1, "maxLength": 5}
    assert get["parameters"][1]["required"] is True
    assert get["security"] == []
    assert set(get["responses"]) == {"200", "400", "403", "500", "503"}
    assert post["requestBody"]["required"] is False
    assert set(post["responses"]) == {"200", "400", "403", "409", "413", "500", "503"}
    name = paths["/devices/{device_id}/name"]["get"]
    assert "security" not in name
    assert set(name["responses"]) == {"200", "401", "403", "404", "500", "503"}


async def test_a_view_of_a_device_refuses_by_itself(home: Home, client: Client) -> None:
    tokens = await home.pair_from_display()
    light = await home.device(tokens)
    path = f"{BASE_PATH}/devices/{light['id']}/name"
    assert (await answer(client, "GET", path))[0] == 401
    assert await answer(client, "GET", path, headers=tokens.headers) == (200, {"success": True, "name": "Bed Light"})
    assert (await answer(client, "GET", f"{BASE_PATH}/devices/none/name", headers=tokens.headers))[0] == 404
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": []})
    status, body = await answer(client, "GET", path, headers=tokens.headers)
    assert (status, body["error"]) == (404, "unknown_device")
