"""The description of the REST doors: complete, sound, and true of what is answered."""

from collections.abc import Iterator
import json
from typing import Any

from jsonschema import Draft202012Validator
import pytest
from referencing.jsonschema import DRAFT202012

from custom_components.interphone import errors
from custom_components.interphone.api import OPENAPI
from custom_components.interphone.const import BASE_PATH

from ...cameras import StillCamera, set_up_cameras
from ...conftest import ORIGIN, Home, Tokens
from ...description import check_response

COMMAND = {"command": "on_off.set", "params": {"on": True}}


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": ["camera.porch"]}


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of the description."""
    if isinstance(tree, dict):
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(branch)


async def test_it_is_served_to_anybody(home: Home) -> None:
    async with home.client.get(f"{BASE_PATH}/openapi.json", headers={"Origin": ORIGIN}) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        served = await response.json()
    manifest_version = served["info"].pop("version")
    built = json.loads(json.dumps(OPENAPI.describe()))
    assert manifest_version.count(".") == 2
    assert served == built | {"info": {key: value for key, value in built["info"].items() if key != "version"}}
    await home.refused(
        403, "origin_not_allowed", "GET", "/openapi.json", headers={"Origin": "https://elsewhere.example"}
    )


async def test_every_path_and_method_is_described(home: Home) -> None:
    registered = {
        resource.canonical.removeprefix(BASE_PATH)
        for resource in home.hass.http.app.router.resources()
        if resource.canonical.startswith(f"{BASE_PATH}/")
    }
    registered.remove("/{path}")
    described = OPENAPI.describe()["paths"]
    assert set(described) == registered
    some = {"pairing_id": "p", "device_id": "d", "event_id": "e", "ticket": "t", "sequence": "1", "part_num": "0"}
    for path, methods in described.items():
        async with home.client.options(BASE_PATH + path.format(**some)) as response:
            allowed = set(response.headers["Allow"].split(", ")) - {"OPTIONS", "HEAD"}
        assert allowed == {method.upper() for method in methods}, path


def test_its_schemas_are_sound() -> None:
    whole = OPENAPI.describe()
    root = DRAFT202012.create_resource({**whole, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    for node in nodes(whole):
        if "schema" in node:
            Draft202012Validator.check_schema(node["schema"])
        if isinstance(reference := node.get("$ref"), str):
            found: Any = root.contents
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]
            assert found
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_error_of_the_rest_doors_is_described() -> None:
    described = {
        code
        for node in nodes(OPENAPI.describe()["paths"])
        if "error" in node.get("properties", {})
        for code in node["properties"]["error"].get("enum", ())
    }
    every = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.InterphoneError) and error is not errors.InterphoneError
    }
    elsewhere = {
        # Of every method that is none.
        "method_not_allowed",
        # Of displays and the owner.
        "not_a_display",
        "unknown_grant",
    }
    assert every - described == elsewhere


async def test_what_is_answered_is_what_is_described(home: Home, tokens: Tokens) -> None:
    await set_up_cameras(home.hass, StillCamera())
    light = (await home.device(tokens))["id"]
    camera = (await home.device(tokens, "Porch"))["id"]
    bearer = {"headers": tokens.headers}
    command = {**COMMAND, "id": "1", "device": light}
    asked: list[tuple[str, str, dict[str, Any], int]] = [
        ("GET", "/code", {}, 200),
        ("POST", "/code", {"json": {"challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}}, 200),
        ("POST", "/code", {"json": {"challenge": "short"}}, 400),
        ("POST", "/codecheck", {}, 400),
        ("POST", "/codecheck", {"headers": {"code": "00000000"}}, 401),
        ("POST", "/token", {"json": {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}}, 200),
        ("POST", "/token", {"json": {"grant_type": "refresh_token", "refresh_token": "none"}}, 401),
        ("POST", "/token", {"json": {}}, 400),
        ("GET", "/grant", bearer, 200),
        ("GET", "/grant", {}, 401),
        ("GET", "/devices", bearer, 200),
        ("GET", "/devices", {"headers": {"Authorization": "Bearer nonsense"}}, 401),
        ("GET", f"/devices/{light}", bearer, 200),
        ("GET", "/devices/nothing", bearer, 404),
        ("GET", f"/devices/{light}/history", bearer, 503),
        ("GET", f"/devices/{light}/history?limit=0", bearer, 400),
        ("GET", f"/devices/{light}/forecast", bearer, 400),
        ("GET", f"/devices/{light}/forecast?type=daily", bearer, 422),
        ("GET", f"/devices/{light}/snapshot", bearer, 422),
        ("GET", f"/devices/{light}/stream", bearer, 422),
        ("GET", "/streams/nothing/playlist.m3u8", {}, 404),
        ("GET", "/streams/nothing/segment/1.0.m4s", {}, 404),
        ("POST", "/commands", {"json": command, **bearer}, 200),
        ("POST", "/commands", {"json": [command, {**command, "id": "2", "device": "nothing"}], **bearer}, 200),
        ("POST", "/commands", {"json": {**command, "id": "3", "params": {}}, **bearer}, 422),
        ("POST", "/commands", {"json": [], **bearer}, 400),
        ("POST", "/commands", {"data": b"{", **bearer}, 400),
        ("GET", "/events", bearer, 200),
        ("GET", "/events?since=nonsense", bearer, 400),
        ("POST", "/events/some/answer", bearer, 404),
        ("POST", "/events/some/answer", {"json": {"action": ""}, **bearer}, 400),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/nothing", {}, 404),
        ("PUT", "/code", {}, 405),
        ("POST", "/revoke", {"json": {"token": 5}}, 400),
    ]
    for method, path, more, status in asked:
        answered, body = await home.request(method, path, **more)
        assert answered == status, (method, path, body)
        check_response(method, path, answered, body)
    _, start = await home.request("GET", "/devices", **bearer)
    home.hass.states.async_set("light.bed_light", "off", {"friendly_name": "Another name"})
    position = f"/events?since={start['epoch']}:{start['seq']}"
    answered, body = await home.request("GET", position, **bearer)
    assert {change["event"] for change in body["changes"]} == {"devices"}
    check_response("GET", position, answered, body)
    async with home.client.get(f"{BASE_PATH}/devices/{camera}/snapshot", **bearer) as response:
        assert response.content_type.startswith("image/")
    answered, body = await home.request("POST", "/revoke", json={"token": tokens.token})
    check_response("POST", "/revoke", answered, body)
