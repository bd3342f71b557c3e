"""Whatever comes in is answered: a 4xx with its stable code, a message that helps, and nothing changed."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest

from custom_components.interphone.api.operation import BODY_SIZE_MAX
from custom_components.interphone.const import BASE_PATH

from ..conftest import Home, Tokens
from ..description import REQUESTS

JSON = {"Content-Type": "application/json"}
DEEP = "[" * 5000 + "]" * 5000
DEEP_OBJECT = '{"a":' * 900 + "1" + "}" * 900

# What no path takes for a JSON object of its own.
NOT_OURS = [
    ("not JSON", "{'a': 1}"),
    ("cut off", '{"client_name": "Ho'),
    ("two values", "{}{}"),
    ("not UTF-8", b'{"client_name": "\xff"}'),
    ("half a surrogate", '{"client_name": "\\ud800"}'),
    ("not a number", '{"a": NaN}'),
    ("deep", DEEP),
    ("deep object", DEEP_OBJECT),
    ("a list", "[1]"),
    ("a number", "7"),
    ("null", "null"),
    ("a text", '"text"'),
    ("huge number", '{"a": 1e999}'),
]
BODIES = [(name, body if isinstance(body, bytes) else body.encode()) for name, body in NOT_OURS]


@pytest.mark.parametrize("path", ["/code", "/token", "/revoke"])
async def test_bodies_that_are_no_object_of_ours(home: Home, path: str) -> None:
    before = await home.condition()
    for name, body in BODIES:
        answer = await home.refused(400, "invalid_request", "POST", path, data=body, headers=JSON)
        assert len(answer["message"]) < 300, name
    assert await home.condition() == before


async def test_bodies_of_a_code_check(home: Home) -> None:
    before = await home.condition()
    for name, body in BODIES:
        if name in {"deep object", "huge number"}:  # fields of others, which a plain check leaves alone
            continue
        await home.refused(400, "invalid_request", "POST", "/codecheck", data=body, headers=JSON | {"code": "12345678"})
    assert await home.condition() == before


async def test_bodies_of_commands(home: Home, tokens: Tokens) -> None:
    before = await home.condition()
    for name, body in BODIES:
        if name != "a list":  # a batch, of something that is no command
            await home.refused(400, "invalid_request", "POST", "/commands", data=body, headers=JSON | tokens.headers)
    assert await home.condition() == before


async def test_bodies_of_an_answer(home: Home, tokens: Tokens) -> None:
    before = await home.condition()
    for _name, body in BODIES:
        await home.refused(
            400, "invalid_request", "POST", "/events/some/answer", data=body, headers=JSON | tokens.headers
        )
    assert await home.condition() == before


@pytest.mark.parametrize("path", ["/token", "/revoke", "/commands"])
async def test_no_body_at_all(home: Home, tokens: Tokens, path: str) -> None:
    await home.refused(400, "invalid_request", "POST", path, headers=tokens.headers)
    await home.refused(400, "invalid_request", "POST", path, data=b"", headers=JSON | tokens.headers)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "grant_type"),
        ({"grant_type": "password", "refresh_token": "x"}, "grant_type"),
        ({"grant_type": "refresh_token"}, "refresh_token"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "refresh_token"),
        ({"grant_type": "refresh_token", "refresh_token": None}, "refresh_token"),
        ({"grant_type": "refresh_token", "refresh_token": 7}, "refresh_token"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 4097}, "refresh_token"),
    ],
)
async def test_fields_of_a_refresh(home: Home, body: dict[str, Any], names: str) -> None:
    answer = await home.refused(400, "invalid_request", "POST", "/token", json=body)
    assert names in answer["message"]


@pytest.mark.parametrize("token", [None, 7, "", [], "x" * 4097])
async def test_fields_of_a_revocation(home: Home, token: Any) -> None:
    answer = await home.refused(400, "invalid_request", "POST", "/revoke", json={"token": token})
    assert "token" in answer["message"]


@pytest.mark.parametrize(
    ("code", "error", "status"),
    [
        (None, "code_required", 400),
        ("", "code_required", 400),
        ("   ", "code_required", 400),
        ("1234567", "wrong_code", 401),
        ("12345678", "wrong_code", 401),
        ("1234 5678", "wrong_code", 401),
        ("1234-5678", "wrong_code", 401),
        ("abcdefghi", "wrong_code", 401),
        ("+12345678", "wrong_code", 401),
        ("12345678.", "wrong_code", 401),
        (" - ", "wrong_code", 401),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", "wrong_code", 401),
        ("\u00b2" * 8, "wrong_code", 401),
        ("0" * 4000, "wrong_code", 401),
        ("BCDFGHJKLMNP", "expired_code", 401),
    ],
)
async def test_codes_that_are_none(home: Home, code: str | None, error: str, status: int) -> None:
    await home.request("GET", "/code")
    right = await home.display.next_code()
    before = await home.condition()
    headers = {} if code is None else {"code": code}
    await home.refused(status, error, "POST", "/codecheck", headers=headers)
    assert await home.condition() == before
    # None of these was a guess: the right one still lets in.
    status, _ = await home.request("POST", "/codecheck", headers={"code": right})
    assert status == 201


async def test_a_code_of_bytes_that_are_no_text(home: Home) -> None:
    await home.request("GET", "/code")
    await home.display.next_code()
    head = f"POST {BASE_PATH}/codecheck HTTP/1.1\r\nHost: home\r\nContent-Length: 0\r\ncode: ".encode()
    status, body = await home.raw(head + b"\xff\xfe1234\r\n\r\n")
    assert (status, body["error"]) == (401, "wrong_code")


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/code/", "/code/x", "/devices/a/b/c", "/CODE", "/%20", "/코드"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
async def test_there_is_nothing_here(home: Home, path: str, method: str) -> None:
    await home.refused(404, "not_found", method, path)


# GET of these changes something, so HEAD is no harmless twin of it.
UNSAFE = {"/code", "/devices/1/stream"}
ALLOWED: dict[str, set[str]] = defaultdict(lambda: {"OPTIONS"})
for _method, _path in REQUESTS:
    ALLOWED[_path] |= {_method, "HEAD"} if _method == "GET" and _path not in UNSAFE else {_method}


@pytest.mark.parametrize(("path", "allowed"), ALLOWED.items())
async def test_methods_that_are_not_allowed(home: Home, tokens: Tokens, path: str, allowed: set[str]) -> None:
    before = await home.condition()
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - allowed:
        async with home.client.request(method, BASE_PATH + path, headers=tokens.headers) as response:
            assert response.status == 405
            assert set(response.headers["Allow"].split(", ")) == allowed
            assert (await response.json())["error"] == "method_not_allowed"
    assert await home.condition() == before


async def test_options_that_is_no_preflight(home: Home) -> None:
    async with home.client.options(f"{BASE_PATH}/codecheck") as response:
        assert response.status == 204
        assert response.headers["Allow"] == "POST, OPTIONS"
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_head_shows_no_code(home: Home) -> None:
    """A method that is safe by definition must not light up the displays."""
    async with home.client.head(f"{BASE_PATH}/code") as response:
        assert response.status == 405
    assert not await home.notifications()


BIG = b"[" + b" " * BODY_SIZE_MAX + b"]"


@pytest.mark.parametrize("path", ["/code", "/codecheck", "/token", "/revoke", "/commands"])
async def test_a_body_over_the_limit(home: Home, tokens: Tokens, path: str) -> None:
    headers = JSON | tokens.headers | {"code": "12345678"}

    async def chunks() -> Any:
        for start in range(0, len(BIG), 8192):
            yield BIG[start : start + 8192]

    before = await home.condition()
    await home.refused(413, "body_too_large", "POST", path, data=BIG, headers=headers)
    await home.refused(413, "body_too_large", "POST", path, data=chunks(), headers=headers)
    assert await home.condition() == before


async def test_a_body_that_unpacks_over_the_limit(home: Home) -> None:
    await home.refused(413, "body_too_large", "POST", "/code", data=BIG * 100, headers=JSON, compress="gzip")


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\n{'a':",
        b"Content-Length: 5\r\nContent-Encoding: deflate\r\n\r\n{'a':",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}garbage",
    ],
)
async def test_a_body_that_is_not_what_its_headers_say(
    home: Home, rest: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    head = f"POST {BASE_PATH}/code HTTP/1.1\r\nHost: home\r\nContent-Type: application/json\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", home.client.port)
    writer.write(head)
    writer.write(rest)
    answer = await reader.read(4096)
    writer.close()
    assert answer.split()[1] == b"400", answer
    assert b"Traceback" not in answer
    assert not await home.notifications()
    assert not [record for record in caplog.records if "interphone" in record.name]
    if b"gzip" in rest:  # of the others aiohttp complains by itself, on any path
        assert not [record for record in caplog.records if record.name.startswith("aiohttp")]
    caplog.clear()


async def test_a_client_that_leaves_before_its_body_is_whole(home: Home) -> None:
    head = f"POST {BASE_PATH}/code HTTP/1.1\r\nHost: home\r\nContent-Type: application/json\r\n".encode()
    for rest in (b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
        _reader, writer = await asyncio.open_connection("127.0.0.1", home.client.port)
        writer.write(head + rest)
        await writer.drain()
        await home.request("GET", "/grant")  # the server has begun to read by now
        writer.transport.abort()
    assert not await home.notifications()
