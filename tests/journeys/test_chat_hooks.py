"""New requests and incidents of collections in Slack and Teams: who sets it up, what is posted, and what fails."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.chat_hooks import jobs
from backend.http.public_addresses import PublicHttps
from backend.sealing import key_rotation
from backend.sealing.seals import Keyring
from backend.settings import settings
from tests.https_server import NAME, Authority, Received, serving
from tests.journeys.test_needs import asked
from tests.town import Person, Town
from tests.town.answers import refusal_in
from tests.town.databases import WORKER
from tests.visitors import mails

OOPS = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(Path(tmp_path_factory.mktemp("authority")))


@pytest.fixture
def reachable(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker reach the local server."""
    monkeypatch.setattr(jobs, "OUTGOING", authority.client_of_loopback())


def hook(server: Received | None = None, **changed: Any) -> dict[str, Any]:
    port = "" if server is None else f":{server.port}"
    return {
        "name": "#collectes",
        "kind": "slack",
        "url": f"https://{NAME}{port}/services/T0/B0/secretQz9w",
        "events": ["asked", "incident"],
        **changed,
    }


async def tells(town: Town, collection: UUID, event: str = "collection_asked", **facts: Any) -> None:
    await town.changes("select app.tell_of_collection($1, $2, $3)", collection, event, json.dumps(facts))


async def later(town: Town, **by: float) -> None:
    """Let time pass, and let the jobs that wait for another try run now."""
    await town.clock(await town.now() + timedelta(**by))
    await town.changes("update jobs.procrastinate_jobs set scheduled_at = null where status = 'todo'")
    await town.worker_runs()


async def read(person: Person) -> dict[str, Any]:
    [found] = (await person.gets("/chat-hooks"))["data"]
    return dict(found)


async def test_an_owner_adds_a_chat_and_its_address_is_never_shown(town: Town) -> None:
    relais, other, odile = await town.an_association(), await town.an_association("Autre"), await town.an_admin()

    added = await relais.posts("/chat-hooks", hook())

    assert (added["host"], added["ends_with"], added["off_at"]) == (NAME, "Qz9w", None)
    shown = json.dumps([added, await relais.gets("/chat-hooks")])
    assert "secret" not in shown
    kept = await town.value("select to_jsonb(h)::text from app.chat_hooks h")
    assert "services" not in kept
    assert "services" not in await town.value("select string_agg(to_jsonb(a)::text, '') from app.audit_entries a")
    for stranger in (other, odile):
        assert (await stranger.gets("/chat-hooks"))["data"] == []
        for method, path in (("DELETE", ""), ("POST", "/test")):
            answer = await stranger.asks(method, f"/chat-hooks/{added['id']}{path}")
            assert refusal_in(answer).code == "chat_hook.not_found"
    customer = await town.a_customer()
    assert refusal_in(await customer.asks("POST", "/chat-hooks", hook())).code == "access.forbidden"
    assert (await relais.asks("DELETE", f"/chat-hooks/{added['id']}")).status_code == 204
    assert await town.value("select count(*) from app.chat_hooks") == 0


@pytest.mark.parametrize(
    "url",
    [
        f"http://{NAME}/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://2130706433/",
        "https://localhost/x",
        f"https://user@{NAME}/x",
        f"https://{NAME}:70000/",
        f"https://{NAME}/x y",
        f"https://{NAME}/#x",
    ],
)
async def test_addresses_that_cannot_be_a_chat_are_refused(town: Town, url: str) -> None:
    relais = await town.an_association()

    refusal = refusal_in(await relais.asks("POST", "/chat-hooks", hook(url=url)))

    assert refusal.code == "request.invalid"
    assert await town.value("select count(*) from app.chat_hooks") == 0


async def test_an_eleventh_chat_is_refused(town: Town) -> None:
    relais = await town.an_association()
    for _ in range(10):
        await relais.posts("/chat-hooks", hook())

    assert refusal_in(await relais.asks("POST", "/chat-hooks", hook())).code == "chat_hook.too_many"


@pytest.mark.usefixtures("reachable")
async def test_requests_and_incidents_are_posted_to_those_concerned(town: Town, authority: Authority) -> None:
    relais, other, odile = await town.an_association(), await town.an_association("Autre"), await town.an_admin()
    shop = await town.a_shop()
    async with serving(authority, "127.0.0.1") as server:
        await relais.posts("/chat-hooks", hook(server, kind="teams", events=["incident"]))
        await other.posts("/chat-hooks", hook(server, name="Pas pour eux"))
        await odile.posts("/chat-hooks", hook(server, events=["asked"], language="en"))
        await tells(town, first := await asked(town, shop))
        await tells(
            town, await asked(town, shop, to=relais.id), "collection_incident", kind="closed", next="reassigned"
        )
        await town.worker_runs()

    [slack, teams] = sorted((json.loads(body) for body in server.bodies), key=lambda body: "attachments" in body)
    assert slack["text"].startswith("New collection requested\n")
    assert "10 kg" in slack["text"]
    assert slack["blocks"][-1]["elements"][0]["url"].endswith(f"/collections/{first}")
    assert "porte fermée" in json.dumps(teams, ensure_ascii=False)
    written = json.dumps([slack, teams], ensure_ascii=False)
    for person in await town.rows("select display_name from app.accounts"):
        assert person["display_name"] not in written.replace(await _shop_name(town), "")
    assert (await read(relais))["posted_at"] is not None


async def _shop_name(town: Town) -> str:
    return str(await town.value("select name from app.shops"))


@pytest.mark.usefixtures("reachable")
async def test_a_refused_change_posts_nothing(town: Town, authority: Authority) -> None:
    """The message is queued in the transaction of the fact: what is rolled back is never posted."""
    odile, shop = await town.an_admin(), await town.a_shop()
    async with serving(authority, "127.0.0.1") as server:
        await odile.posts("/chat-hooks", hook(server))
        collection = await asked(town, shop)
        with pytest.raises(Exception, match="division by zero"):
            await town.changes(
                "with told as materialized (select app.tell_of_collection($1, 'collection_asked'))"
                " select 1 / (count(*) - 1) from told",
                collection,
            )
        await town.worker_runs()

    assert server.bodies == []


@pytest.mark.usefixtures("reachable")
async def test_a_chat_that_fails_after_the_effect_gets_it_again(town: Town, authority: Authority) -> None:
    odile, shop = await town.an_admin(), await town.a_shop()
    async with serving(authority, "127.0.0.1") as server:
        await odile.posts("/chat-hooks", hook(server))
        server.answer = OOPS
        await tells(town, await asked(town, shop))
        await town.worker_runs()
        seen = await read(odile)
        assert (len(server.bodies), seen["failures"], seen["problem"]) == (1, 1, "status")
        server.answer = OK
        await later(town, minutes=1)

    assert len(server.bodies) == 2
    assert server.bodies[0] == server.bodies[1]
    seen = await read(odile)
    assert (seen["failures"], seen["problem"], seen["off_at"]) == (0, None, None)


@pytest.mark.usefixtures("reachable")
async def test_a_dead_chat_is_switched_off_and_a_test_revives_it(town: Town, authority: Authority) -> None:
    relais, shop = await town.an_association(), await town.a_shop()
    async with serving(authority, "127.0.0.1") as server:
        added = await relais.posts("/chat-hooks", hook(server))
        server.answer = OOPS
        await relais.asks("POST", f"/chat-hooks/{added['id']}/test")
        await town.worker_runs()
        assert (await read(relais))["off_at"] is None
        await later(town, days=5, minutes=1)
        await relais.asks("POST", f"/chat-hooks/{added['id']}/test")
        await town.worker_runs()
        assert (await read(relais))["off_at"] is not None
        [mail] = [mail for mail in await mails(town) if "#collectes" in mail.text]
        assert NAME in mail.text
        sent = len(server.bodies)
        await tells(town, await asked(town, shop, to=relais.id), "collection_incident", kind="other")
        await town.worker_runs()
        assert len(server.bodies) == sent

        server.answer = OK
        await relais.asks("POST", f"/chat-hooks/{added['id']}/test")
        await town.worker_runs()
        assert (await read(relais))["off_at"] is None


async def test_twenty_failures_within_a_day_do_not_switch_a_chat_off(town: Town) -> None:
    relais = await town.an_association()
    added = UUID((await relais.posts("/chat-hooks", hook()))["id"])
    for _ in range(25):
        assert await town.value("select app.chat_posted($1, 'timeout')", added)
    await town.clock(await town.now() + timedelta(days=1, minutes=1))

    assert not await town.value("select app.chat_posted($1, 'timeout')", added)
    assert (await read(relais))["off_at"] is not None


async def test_a_chat_at_a_private_address_is_not_reached(
    town: Town, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its control is `test_a_chat_that_fails_after_the_effect_gets_it_again`, where the worker may reach loopback."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(jobs, "OUTGOING", PublicHttps(resolve, trust=authority.trusted))
    relais = await town.an_association()
    async with serving(authority, "127.0.0.1") as server:
        added = await relais.posts("/chat-hooks", hook(server))
        await relais.asks("POST", f"/chat-hooks/{added['id']}/test")
        await town.worker_runs()

    assert server.bodies == []
    assert (await read(relais))["problem"] == "address"


@pytest.mark.usefixtures("reachable")
async def test_an_address_still_opens_after_the_master_key_changed(
    town: Town, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    relais = await town.an_association()
    async with serving(authority, "127.0.0.1") as server:
        added = await relais.posts("/chat-hooks", hook(server))
        former = settings().derived_key("master")
        rotated = key_rotation.rotate(
            town.copy.url(WORKER), Keyring(b"n" * 32, [former], settings().derived_key("look-ups"))
        )
        assert (rotated.rewrapped, rotated.broken) == (1, 0)
        monkeypatch.setattr(
            "backend.sealing.own_keys.keyring",
            lambda: Keyring(b"n" * 32, [], settings().derived_key("look-ups")),
        )
        await relais.asks("POST", f"/chat-hooks/{added['id']}/test")
        await town.worker_runs()

    assert len(server.bodies) == 1
