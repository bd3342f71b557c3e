import asyncio
from pathlib import Path
import stat

import pytest

from website.vault import Vault, VaultError

from .browser import Visitor
from .conftest import Site, serve
from .home import CODE, StandInHome


async def test_the_page_is_given_a_token_that_nothing_keeps(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)

    status, body, headers = await resident.call(f"{place.path}/token")

    assert status == 200
    assert body["token"].startswith("access-")
    assert 3500 < body["expires_in"] <= 3600
    assert headers["Cache-Control"] == "no-store"
    assert home.asked("token") == [], "the one from the pairing is good still"


async def test_a_token_near_its_end_is_replaced(resident: Visitor, home: StandInHome) -> None:
    home.expires_in = 200
    place = await resident.pair(home.address, CODE)

    first = (await resident.call(f"{place.path}/token"))[1]["token"]
    second = (await resident.call(f"{place.path}/token"))[1]["token"]

    assert first != second
    assert len(home.asked("token")) == 2


async def test_many_tabs_that_renew_at_once_spend_each_refresh_token_once(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)

    answers = await asyncio.gather(*(resident.call(f"{place.path}/token?renew") for _ in range(6)))

    assert [status for status, _, _ in answers] == [200] * 6
    spent = [body["refresh_token"] for _, body in home.asked("token")]
    assert len(spent) == len(set(spent)) == 6


@pytest.mark.parametrize("error", ["grant_revoked", "invalid_token", "expired_token", "token_reused", "unknown_grant"])
async def test_a_home_that_ended_the_access_is_shown_as_such(resident: Visitor, home: StandInHome, error: str) -> None:
    place = await resident.pair(home.address, CODE)
    home.as_described = error != "unknown_grant"  # said by no home yet
    home.refuse("token", 401, error)

    status, body, _ = await resident.call(f"{place.path}/token?renew")

    assert (status, body) == (409, {"error": "revoked"})
    assert "Not let in any more" in (await resident.open("/")).read.text
    page = await resident.open(place.path)
    assert "Pair again" in page.read.text
    assert "data-revoked" in page.html


async def test_pairing_again_after_the_access_was_ended(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)
    home.refuse("token", 401, "grant_revoked")
    await resident.call(f"{place.path}/token?renew")
    del home.answers["token"]

    await resident.pair(home.address, CODE)

    assert "data-revoked" not in (await resident.open(place.path)).html
    assert (await resident.call(f"{place.path}/token"))[0] == 200


async def test_a_home_that_is_paused_or_away_keeps_its_place(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)
    home.refuse("token", 403, "grant_paused")
    assert (await resident.call(f"{place.path}/token?renew"))[:2] == (
        502,
        {"error": "grant_paused", "retry_after": None},
    )
    assert home.server is not None
    await home.server.close()

    assert (await resident.call(f"{place.path}/token?renew"))[1]["error"] == "unreachable"
    assert "Not let in" not in (await resident.open("/")).read.text


async def test_a_place_is_renamed(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE, name="Old")

    page = await resident.submit(f"{place.path}/name", name="  <b>New</b>  name " + "x" * 100)

    assert page.path == place.path
    assert "&lt;b&gt;New&lt;/b&gt; name" in page.html
    assert "<b>New" not in page.html
    assert "Old" not in page.html
    page = await resident.submit(f"{place.path}/name", name="   ")
    assert "New" in page.read.text, "an empty name changes nothing"


async def test_forgetting_a_place_gives_the_grant_back(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)
    [refresh] = home.refresh_tokens

    page = await resident.submit(f"{place.path}/forget")

    assert home.revoked == [refresh]
    assert "the home has ended the access" in page.read.text
    assert "No place yet" in page.read.text
    assert (await resident.open(place.path)).status == 404
    assert "the home has ended" not in (await resident.open("/")).read.text, "a notice is shown once"


async def test_a_place_is_forgotten_even_when_its_home_is_gone(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)
    assert home.server is not None
    await home.server.close()

    page = await resident.submit(f"{place.path}/forget")

    assert "could not be reached" in page.read.text
    assert (await resident.open(place.path)).status == 404


async def test_places_outlive_a_restart_and_need_their_key(tmp_path: Path, home: StandInHome) -> None:
    data = tmp_path / "data"
    async with serve(data) as site:
        visitor = await site.visit()
        await visitor.sign_up()
        place = await visitor.pair(home.address, CODE)

    async def token() -> tuple[int, dict[str, object]]:
        async with serve(data) as site:
            visitor = await site.visit()
            await visitor.submit("/sign-in", name="Resident", password="long enough to be good")
            return (await visitor.call(f"{place.path}/token"))[:2]

    assert (await token())[0] == 200
    (data / "key").unlink()
    assert await token() == (409, {"error": "revoked"}), "sealed with a key that is gone: pair again"


async def test_key_and_database_are_the_owners_alone(site: Site) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [site.data, *site.data.iterdir()]}

    assert modes["key"] == 0o600
    assert modes["website.db"] == 0o600
    assert modes["data"] == 0o700


def test_a_damaged_key_is_no_reason_to_make_another(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"damaged")

    with pytest.raises(VaultError, match="does not hold a key"):
        Vault.open(tmp_path / "key")
