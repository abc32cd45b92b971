"""Webhooks: who keeps endpoints, what they are told and when, how it is signed, and what happens when they fail."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from backend.sealing import key_rotation
from backend.sealing.seals import Keyring
from backend.settings import settings
from backend.webhooks import jobs
from backend.webhooks.events import EVENTS, texts
from tests.https_server import NAME, Authority, Received, serving
from tests.journeys.test_needs import asked
from tests.town import Person, Reservation, Shop, Town
from tests.town.answers import refusal_in
from tests.town.databases import WORKER
from tests.visitors import mails

OOPS = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 204 Fine\r\nContent-Length: 0\r\n\r\n"
GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
RESERVATIONS = ["reservation.cancelled.v1", "reservation.made.v1", "reservation.picked_up.v1"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(Path(tmp_path_factory.mktemp("authority")))


@pytest.fixture
def reachable(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker reach the local server."""
    monkeypatch.setattr(jobs, "OUTGOING", authority.client_of_loopback())


def endpoint(shop: Shop | None = None, server: Received | None = None, **changed: Any) -> dict[str, Any]:
    port = "" if server is None else f":{server.port}"
    return {
        "url": f"https://{NAME}{port}/hook/secretQz9w",
        "events": RESERVATIONS,
        **({} if shop is None else {"shop_id": str(shop.id)}),
        **changed,
    }


def headers_of(head: str) -> dict[str, str]:
    return {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:] if line)
    }


def told(server: Received) -> list[tuple[str, str]]:
    """Return the types and addresses of the messages that a server got, in order."""
    messages = [json.loads(body) for body in server.bodies]
    return [(message["type"], message["data"]["url"]) for message in messages]


async def later(town: Town, **by: float) -> None:
    await town.clock(await town.now() + timedelta(**by))
    await town.worker_runs()


async def log_of(person: Person, added: dict[str, Any]) -> list[dict[str, Any]]:
    return list((await person.gets(f"/webhook-endpoints/{added['id']}/deliveries"))["data"])


@pytest.mark.usefixtures("reachable")
async def test_a_shop_is_told_of_its_reservations_and_verifies_the_signature(town: Town, authority: Authority) -> None:
    shop, marc = await town.a_shop(), await town.a_customer()
    sophie = shop.merchant
    async with serving(authority, "127.0.0.1") as server:
        added = await sophie.posts("/webhook-endpoints", endpoint(shop, server))
        lot = await town.a_lot(shop=shop)
        bought = await marc.buys(lot)
        await town.worker_runs()
        await town.opens(lot)
        await sophie.hands_over(await marc.pass_for(bought))
        await town.worker_runs()

    address = f"{settings().public_url}/v1/reservations/{bought.id}"
    assert told(server) == [("reservation.made.v1", address), ("reservation.picked_up.v1", address)]
    for head, body in zip(server.heads, server.bodies, strict=True):
        headers = headers_of(head)
        message = Webhook(added["secret"]).verify(body, headers)
        assert message.keys() == {"id", "type", "timestamp", "data"}
        assert message["id"] == headers["webhook-id"]
        with pytest.raises(WebhookVerificationError):
            Webhook(added["secret"]).verify(body.replace(b"made", b"fade").replace(b"picked", b"packed"), headers)
    [picked, made] = await log_of(sophie, added)
    assert (picked["type"], made["status"], made["attempts"], made["url"]) == (
        "reservation.picked_up.v1",
        "delivered",
        1,
        address,
    )
    assert (await sophie.gets(f"/webhook-endpoints/{added['id']}"))["failures"] == 0


async def test_an_address_and_a_secret_are_never_shown_again(town: Town) -> None:
    shop, other = await town.a_shop(), await town.a_shop()
    added = await shop.merchant.posts("/webhook-endpoints", endpoint(shop))
    path = f"/webhook-endpoints/{added['id']}"

    assert (added["host"], added["ends_with"]) == (NAME, "Qz9w")
    assert added["secret"].startswith("whsec_")
    changed = (await shop.merchant.asks("PATCH", path, {"description": "Caisse"})).json()
    assert changed["description"] == "Caisse"
    shown = json.dumps([await shop.merchant.gets("/webhook-endpoints"), await shop.merchant.gets(path), changed])
    kept = await town.value(
        "select (select to_jsonb(e)::text from app.webhook_endpoints e)"
        " || (select to_jsonb(s)::text from app.webhook_secrets s)"
        " || (select string_agg(to_jsonb(a)::text, '') from app.audit_entries a)"
        " || (select string_agg(to_jsonb(k)::text, '') from app.idempotency_keys k)"
    )
    for text in (shown, kept or ""):
        assert "hook/secret" not in text
        assert added["secret"] not in text
    for stranger in (other.merchant, await town.an_association(), await town.a_customer(), await town.an_admin()):
        assert (await stranger.gets("/webhook-endpoints"))["data"] == []
        for method, way in (
            ("GET", ""),
            ("DELETE", ""),
            ("PATCH", ""),
            ("POST", "/test"),
            ("POST", "/rotate-secret"),
            ("GET", "/deliveries"),
        ):
            answer = await stranger.asks(method, path + way, {"on": False} if method == "PATCH" else None)
            assert refusal_in(answer).code == "webhook_endpoint.not_found"
    assert refusal_in(await other.merchant.asks("POST", "/webhook-endpoints", endpoint(shop))).code == "shop.not_found"
    assert refusal_in(await other.merchant.asks("POST", "/webhook-endpoints", endpoint())).code == "access.forbidden"
    assert (await shop.merchant.asks("DELETE", path)).status_code == 204
    assert await town.value("select count(*) from app.webhook_secrets") == 0


async def test_staff_keep_no_endpoints(town: Town) -> None:
    shop, staff = await town.a_shop(), await town.a_customer("Paul")
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'staff', now())",
        shop.id,
        staff.id,
    )

    assert refusal_in(await staff.asks("POST", "/webhook-endpoints", endpoint(shop))).code == "shop.not_found"


async def test_a_sixth_endpoint_and_foreign_events_are_refused(town: Town) -> None:
    shop, relais = await town.a_shop(), await town.an_association()
    for _ in range(5):
        await shop.merchant.posts("/webhook-endpoints", endpoint(shop))

    sixth = await shop.merchant.asks("POST", "/webhook-endpoints", endpoint(shop))
    assert refusal_in(sixth).code == "webhook_endpoint.too_many"
    for events in (["reservation.made.v1"], ["figures.released.v1"], ["collection.eaten.v1"]):
        answer = await relais.asks("POST", "/webhook-endpoints", endpoint(events=events))
        assert refusal_in(answer).code == "webhook_endpoint.event_unknown"
    await relais.posts("/webhook-endpoints", endpoint(events=["collection.taken.v1"]))
    bad = await relais.asks("POST", "/webhook-endpoints", endpoint(url=f"http://{NAME}/", events=["lot.ended.v1"]))
    assert refusal_in(bad).code == "request.invalid"


async def test_the_listed_events_are_those_of_the_database(town: Town) -> None:
    rows = await town.rows("select event, owners from app.webhook_events()")

    assert {row["event"]: tuple(row["owners"]) for row in rows} == {
        event: owners for event, (owners, _) in EVENTS.items()
    }
    for language in ("fr", "en"):
        assert set(texts(language)) == set(EVENTS)
    listed = (await town.request("GET", "/v1/webhook-events")).json()["data"]
    assert [one["type"] for one in listed] == list(EVENTS)
    assert listed[0]["example"]["data"]["url"].startswith(settings().public_url)


# What a shop can read from its messages


async def messages_of(town: Town, server: Received, story: Any) -> list[bytes]:
    """Return the messages that a story caused, without its ids, and with times from its beginning."""
    await town.worker_runs()
    begin, before = await town.now(), len(server.bodies)
    await story()
    seen = []
    for body in server.bodies[before:]:
        message = json.loads(body)
        after = datetime.fromisoformat(message["timestamp"]) - begin
        seen.append(f"{message['type']} {round(after.total_seconds() / 60)} {message['data']['url'][:-36]}".encode())
    return seen


@pytest.mark.usefixtures("reachable")
async def test_messages_do_not_tell_paid_suspended_and_free_apart(town: Town, authority: Authority) -> None:
    """One after the other at the same minutes: made, cancelled or lapsed, and collected; each as free, paid, suspended.

    The control: without the half hour, a hold that lapses is told ten minutes after it was made, and nothing else is.
    """
    shop, marc, helene = await town.a_shop(), await town.a_customer(), await town.a_customer("Hélène")
    day = (await town.now()).replace(hour=9, minute=2, second=0, microsecond=0) + timedelta(days=1)
    amina = [await town.a_beneficiary(f"Amina {number}") for number in range(4)]

    async def cancelled_free() -> None:
        made = await amina[0].reserves(free)
        await later(town, minutes=8)
        await amina[0].cancels(made)
        await later(town, minutes=40)

    async def lapsed_paid() -> None:
        await marc.reserves(paid)
        await later(town, minutes=11)
        await later(town, minutes=37)

    async def cancelled_paid() -> None:
        made = await marc.buys(paid)
        await later(town, minutes=8)
        await marc.cancels(made)
        await later(town, minutes=40)

    async def cancelled_suspended() -> None:
        made = await amina[1].reserves(beside)
        await later(town, minutes=8)
        await amina[1].cancels(made)
        await later(town, minutes=40)

    async def collected(person: Any, lot: Any, pays: bool) -> None:
        made = await (person.buys(lot) if pays else person.reserves(lot))
        await later(town, minutes=20)
        await shop.merchant.hands_over(await person.pass_for(made))
        await later(town, minutes=28)

    async with serving(authority, "127.0.0.1") as server:
        await town.clock(day)
        wide: dict[str, Any] = {
            "opens_in": timedelta(minutes=-1),
            "lasts": timedelta(hours=20),
            "shop": shop,
            "left": 20,
        }
        free, paid = await town.a_free_lot(**wide), await town.a_lot(**wide)
        await shop.merchant.posts("/webhook-endpoints", endpoint(shop, server))
        gift = await messages_of(town, server, lambda: helene.gives(paid, 3))
        assert gift == []
        beside = await town.suspended_lot_of(paid)
        ends: dict[str, list[bytes]] = {}
        for number, story in enumerate((cancelled_free, lapsed_paid, cancelled_paid, cancelled_suspended)):
            await town.clock(day + timedelta(hours=1 + number))
            ends[story.__name__] = await messages_of(town, server, story)
        hands: list[list[bytes]] = []
        for number, (person, lot, pays) in enumerate(
            ((amina[2], free, False), (marc, paid, True), (amina[3], beside, False))
        ):
            await town.clock(day + timedelta(hours=6 + number))
            hands.append(await messages_of(town, server, lambda p=person, w=lot, m=pays: collected(p, w, m)))

    base = f"{settings().public_url}/v1/reservations/".encode()
    assert ends["cancelled_free"] == [b"reservation.made.v1 0 " + base, b"reservation.cancelled.v1 28 " + base]
    assert all(one == ends["cancelled_free"] for one in ends.values()), ends
    assert hands[0] == [b"reservation.made.v1 0 " + base, b"reservation.picked_up.v1 20 " + base]
    assert hands[0] == hands[1] == hands[2]
    # The control: the moments at which they ended do differ.
    lasted = await town.rows(
        "select distinct round(extract(epoch from ended_at - created_at) / 60)::int as minutes from app.reservations"
        " where status in ('cancelled', 'expired') order by 1"
    )
    assert [row["minutes"] for row in lasted] == [8, 11]


@pytest.mark.usefixtures("reachable")
async def test_a_hold_that_lapsed_is_told_once_it_can_no_longer_be_confirmed(town: Town, authority: Authority) -> None:
    """Confirmed after all, it would be the only reservation that is cancelled and then collected."""
    shop, marc = await town.a_shop(), await town.a_customer()
    async with serving(authority, "127.0.0.1") as server:
        await shop.merchant.posts("/webhook-endpoints", endpoint(shop, server))
        held = [await marc.reserves(await town.a_lot(shop=shop)) for _ in range(2)]
        await town.changes(
            "update app.reservations set status = 'expired', hold_until = null, ended_at = app.clock(),"
            " ended_because = 'unpaid' where id = any ($1)",
            [one.id for one in held],
        )
        await town.changes(
            "insert into app.cancellations_to_tell select id, $2, app.clock() from app.reservations"
            " where id = any ($1)",
            [one.id for one in held],
            shop.id,
        )
        for _ in range(2):
            await town.value("select app.tell_cancellations(10)")
        await town.changes("update app.payments set status = 'cancelled'")
        await town.changes("update app.reservations set status = 'confirmed' where id = $1", held[0].id)
        await town.clock(await town.now() + timedelta(minutes=31))
        assert await town.value("select app.tell_cancellations(10)") == 2
        await town.worker_runs()

    ended = [url for event, url in told(server) if event == "reservation.cancelled.v1"]
    assert [url[-36:] for url in ended] == [str(held[1].id)]


@pytest.mark.parametrize(
    ("ended", "window_ends", "minutes"),
    [
        ("10:07", "20:00", "10:30"),
        ("10:30", "20:00", "11:00"),
        ("20:00:04", "20:00", "20:00"),
        ("20:10", "20:00", "20:00"),
    ],
)
async def test_cancellations_are_told_at_the_next_half_hour(
    town: Town, ended: str, window_ends: str, minutes: str
) -> None:
    """A reservation that ends with its window is told as a free one that was cancelled a moment before."""
    at = await town.value(
        "select to_char(app.cancellation_told_at(('2026-11-29 ' || $1 || '+00')::timestamptz,"
        " ('2026-11-29 ' || $2 || '+00')::timestamptz) at time zone 'UTC', 'HH24:MI')",
        ended,
        window_ends,
    )

    assert at == minutes


# What happens beside reservations


@pytest.mark.usefixtures("reachable")
async def test_lots_and_collections_are_told_to_those_concerned(town: Town, authority: Authority) -> None:
    shop, relais, other = await town.a_shop(), await town.an_association(), await town.an_association("Autre")
    collections = [event for event in EVENTS if event.startswith("collection.")]
    async with serving(authority, "127.0.0.1") as server:
        await shop.merchant.posts(
            "/webhook-endpoints", endpoint(shop, server, events=[*collections, "lot.published.v1", "lot.ended.v1"])
        )
        for association in (relais, other):
            await association.posts(
                "/webhook-endpoints",
                endpoint(None, server, url=f"https://{NAME}:{server.port}/{association.id}", events=collections),
            )
        await town.a_lot(shop=shop, status="draft")
        lot = await town.a_lot(shop=shop)
        for status in ("paused", "published", "withdrawn"):
            await town.changes("update app.lots set status = $2 where id = $1", lot.id, status)
        collection = await asked(town, shop)
        await town.changes(
            "update app.collections c set association_id = $2, to_point = p.id from app.collection_points p"
            " where c.id = $1 and p.association_id = $2",
            collection,
            relais.id,
        )
        await relais.posts(f"/collections/{collection}/accept", {})
        for _ in range(4):
            await town.worker_runs()

    seen = sorted((head.split(" ")[1], *one) for head, one in zip(server.heads, told(server), strict=True))
    base = settings().public_url + "/v1"
    assert [one[1:] for one in seen if one[0].startswith("/hook")] == sorted(
        [
            ("lot.published.v1", f"{base}/lots/{lot.id}"),
            ("lot.ended.v1", f"{base}/lots/{lot.id}"),
            ("collection.requested.v1", f"{base}/collections/{collection}"),
            ("collection.accepted.v1", f"{base}/collections/{collection}"),
        ]
    )
    assert {one[1] for one in seen if not one[0].startswith("/hook")} == {
        "collection.requested.v1",
        "collection.accepted.v1",
    }
    assert not any(str(other.id) in head for head in server.heads)


@pytest.mark.usefixtures("reachable")
async def test_an_act_that_is_undone_tells_nothing(town: Town, authority: Authority) -> None:
    shop, relais = await town.a_shop(), await town.an_association()
    async with serving(authority, "127.0.0.1") as server:
        await relais.posts("/webhook-endpoints", endpoint(None, server, events=["collection.taken.v1"]))
        call = "select app.tell_webhooks('association', $1, 'collection.taken.v1', '/v1/collections/x')"
        with pytest.raises(Exception, match="division by zero"):
            await town.changes(
                f"with told as materialized ({call}) select 1 / (count(*) - 1) from told",  # noqa: S608  our own
                relais.id,
            )
        await town.worker_runs()
        assert server.bodies == []
        await town.changes(call, relais.id)
        await town.worker_runs()
        assert len(server.bodies) == 1
        with pytest.raises(Exception, match="event_unknown"):
            await town.changes(call.replace("taken", "eaten"), relais.id)
        with pytest.raises(Exception, match="event_unknown"):
            await town.changes(call.replace("'association'", "'organisation'"), shop.id)


# Signatures


@pytest.mark.usefixtures("reachable")
async def test_both_secrets_verify_for_a_day_after_a_rotation(town: Town, authority: Authority) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    async with serving(authority, "127.0.0.1") as server:
        added = await sophie.posts("/webhook-endpoints", endpoint(shop, server))
        path = f"/webhook-endpoints/{added['id']}"
        rotated = await sophie.posts(f"{path}/rotate-secret")
        for _ in range(2):
            await sophie.posts(f"{path}/test")
            await town.worker_runs()
            await town.clock(await town.now() + timedelta(hours=24, minutes=1))

    [during, after] = [headers_of(head) for head in server.heads]
    assert len(during["webhook-signature"].split(" ")) == 2
    for secret in (added["secret"], rotated["secret"]):
        assert Webhook(secret).verify(server.bodies[0], during)["type"] == "webhook.test.v1"
    assert len(after["webhook-signature"].split(" ")) == 1
    Webhook(rotated["secret"]).verify(server.bodies[1], after)
    with pytest.raises(WebhookVerificationError):
        Webhook(added["secret"]).verify(server.bodies[1], after)
    await sophie.posts(f"{path}/rotate-secret")
    await sophie.posts(f"{path}/rotate-secret")
    assert await town.value("select count(*) from app.webhook_secrets") == 2


@pytest.mark.usefixtures("reachable")
async def test_messages_are_still_signed_after_the_master_key_changed(
    town: Town, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await town.a_shop()
    async with serving(authority, "127.0.0.1") as server:
        added = await shop.merchant.posts("/webhook-endpoints", endpoint(shop, server))
        former = settings().derived_key("master")
        rotated = key_rotation.rotate(
            town.copy.url(WORKER), Keyring(b"n" * 32, [former], settings().derived_key("look-ups"))
        )
        assert (rotated.rewrapped, rotated.broken) == (2, 0)
        monkeypatch.setattr(
            "backend.sealing.own_keys.keyring", lambda: Keyring(b"n" * 32, [], settings().derived_key("look-ups"))
        )
        await shop.merchant.posts(f"/webhook-endpoints/{added['id']}/test")
        await town.worker_runs()

    Webhook(added["secret"]).verify(server.bodies[0], headers_of(server.heads[0]))


# Failures


@pytest.mark.usefixtures("reachable")
async def test_a_message_is_tried_for_three_days_with_growing_pauses(town: Town, authority: Authority) -> None:
    shop, marc = await town.a_shop(), await town.a_customer()
    lot = await town.a_lot(shop=shop, opens_in=timedelta(days=8))
    async with serving(authority, "127.0.0.1") as server:
        added = await shop.merchant.posts("/webhook-endpoints", endpoint(shop, server))
        server.answer = OOPS
        await marc.reserves(lot)
        await town.worker_runs()
        begin, pauses = await town.now(), []
        while (
            due := await town.value("select due_at from app.webhook_deliveries where type like '%made%'")
        ) is not None:
            pauses.append((due - await town.now()).total_seconds())
            await town.clock(due)
            await town.worker_runs()
        lasted = await town.now() - begin
        [delivery] = [one for one in await log_of(shop.merchant, added) if "made" in one["type"]]
        assert (delivery["status"], delivery["attempts"], delivery["problem"]) == ("failed", 10, "status")
        assert pauses == sorted(pauses)
        assert timedelta(days=2.6) < lasted < timedelta(days=3.4)
        server.answer = OK
        again = f"/webhook-endpoints/{added['id']}/deliveries/{delivery['id']}/redeliver"
        assert (await shop.merchant.asks("POST", again)).status_code == 202
        await town.worker_runs()

    made = [body for body in server.bodies if b"made" in body]
    assert len(made) == 11
    assert len(set(made)) == 1
    ids = {
        headers_of(head)["webhook-id"] for head, body in zip(server.heads, server.bodies, strict=True) if body in made
    }
    assert ids == {delivery["event_id"]}


@pytest.mark.usefixtures("reachable")
async def test_an_endpoint_is_switched_off_after_five_days_and_its_owner_told(town: Town, authority: Authority) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    async with serving(authority, "127.0.0.1") as server:
        added = await sophie.posts("/webhook-endpoints", endpoint(shop, server, description="Caisse"))
        path = f"/webhook-endpoints/{added['id']}"
        server.answer = OOPS
        await sophie.posts(f"{path}/test")
        await town.worker_runs()
        assert (await sophie.gets(path))["off_at"] is None
        await town.clock(await town.now() + timedelta(days=5, minutes=1))
        await sophie.posts(f"{path}/test")
        await town.worker_runs()
        seen = await sophie.gets(path)
        assert (seen["off_because"], seen["problem"]) == ("failing", "status")
        [mail] = [mail for mail in await mails(town) if "Caisse" in mail.text]
        assert NAME in mail.text
        assert refusal_in(await sophie.asks("POST", f"{path}/test")).code == "webhook_endpoint.off"
        await (await town.a_customer()).reserves(await town.a_lot(shop=shop))
        await town.worker_runs()
        assert len(server.bodies) == 2

        server.answer = OK
        assert (await sophie.asks("PATCH", path, {"on": True})).json()["failures"] == 0
        await sophie.posts(f"{path}/test")
        await town.worker_runs()
        assert len(server.bodies) == 3


@pytest.mark.usefixtures("reachable")
async def test_an_endpoint_that_is_gone_is_switched_off_at_once(town: Town, authority: Authority) -> None:
    shop, marc = await town.a_shop(), await town.a_customer()
    async with serving(authority, "127.0.0.1") as server:
        added = await shop.merchant.posts("/webhook-endpoints", endpoint(shop, server))
        server.answer = GONE
        for _ in range(3):
            await marc.reserves(await town.a_lot(shop=shop))
        await town.worker_runs()

    assert len(server.bodies) == 1
    assert (await shop.merchant.gets(f"/webhook-endpoints/{added['id']}"))["off_because"] == "gone"
    assert {one["status"] for one in await log_of(shop.merchant, added)} == {"failed"}
    assert any("n'existe plus" in mail.text for mail in await mails(town))


async def test_the_log_forgets_after_thirty_days(town: Town) -> None:
    shop = await town.a_shop()
    await shop.merchant.posts("/webhook-endpoints", endpoint(shop))
    await (await town.a_customer()).reserves(await town.a_lot(shop=shop))
    for days, kept in ((29, 1), (2, 0)):
        await town.clock(await town.now() + timedelta(days=days))
        await town.value("select app.prune(100)")
        assert await town.value("select count(*) from app.webhook_deliveries") == kept


async def test_closing_a_shop_removes_its_endpoints(town: Town) -> None:
    shop = await town.a_shop()
    await shop.merchant.posts("/webhook-endpoints", endpoint(shop))
    await town.value("select app.close_shops($1)", shop.merchant.id)

    assert await town.value("select count(*) from app.webhook_endpoints") == 0


async def test_an_endpoint_that_is_removed_amid_a_reservation_does_not_refuse_it(town: Town) -> None:
    """A foreign key would refuse the reservation that saw the endpoint a moment before."""
    shop, marc = await town.a_shop(), await town.a_customer()
    added = await shop.merchant.posts("/webhook-endpoints", endpoint(shop))
    lot = await town.a_lot(shop=shop, left=30)

    async def removes() -> None:
        assert (await shop.merchant.asks("DELETE", f"/webhook-endpoints/{added['id']}")).status_code == 204

    made: list[Any] = await asyncio.gather(
        *(marc.reserves(lot) for _ in range(4)), removes(), *(marc.reserves(lot) for _ in range(4))
    )

    assert sum(isinstance(one, Reservation) for one in made) == 8
    assert UUID(added["id"])


# API clients and organisations


@pytest.mark.usefixtures("reachable")
async def test_an_api_client_keeps_the_endpoints_of_its_owner(town: Town, authority: Authority) -> None:
    city = await town.an_organisation()
    client = await (await town.an_api_client(city, "webhooks")).signs_in()
    other = await (await town.an_api_client()).signs_in()
    shop = await town.a_shop()
    async with serving(authority, "127.0.0.1") as server:
        wanted = endpoint(None, server, events=["figures.released.v1"])
        added = await client.posts("/webhook-endpoints", wanted, key="once")
        assert (await client.posts("/webhook-endpoints", wanted, key="once")) == added
        assert added["organisation_id"] == str(city.id)
        path = f"/webhook-endpoints/{added['id']}"
        assert [one["id"] for one in (await city.owner.gets("/webhook-endpoints"))["data"]] == [added["id"]]
        await client.posts(f"{path}/test")
        await town.changes(
            "select app.tell_webhooks('organisation', $1, 'figures.released.v1', '/v1/territories/67482/figures')",
            city.id,
        )
        await town.worker_runs()
        assert len(await log_of(client, added)) == 2
    assert len(server.bodies) == 2
    for stranger in (other, shop.merchant):
        assert refusal_in(await stranger.asks("GET", path)).code == "webhook_endpoint.not_found"
        assert (await stranger.gets("/webhook-endpoints"))["data"] == []
    elsewhere = await client.asks("POST", "/webhook-endpoints", endpoint(shop))
    assert refusal_in(elsewhere).code == "shop.not_found"
    foreign = await client.asks("POST", "/webhook-endpoints", endpoint(events=["reservation.made.v1"]))
    assert refusal_in(foreign).code == "webhook_endpoint.event_unknown"
    assert (await client.asks("PATCH", path, {"on": False})).json()["off_because"] == "owner"
    assert (await client.asks("DELETE", path)).status_code == 204


async def test_an_owner_of_an_organisation_names_it(town: Town) -> None:
    city, other = await town.an_organisation(), await town.an_organisation("Mulhouse", territory="68224")
    wanted = endpoint(events=["figures.released.v1"], organisation_id=str(city.id))

    added = await city.owner.posts("/webhook-endpoints", wanted)

    assert added["organisation_id"] == str(city.id)
    refused = refusal_in(await other.owner.asks("POST", "/webhook-endpoints", wanted))
    assert refused.code == "organisation.not_found"


async def test_a_revoked_client_keeps_no_endpoints(town: Town) -> None:
    client = await (await town.an_api_client(None, "webhooks")).signs_in()
    await client.posts("/webhook-endpoints", endpoint(events=["figures.released.v1"]))
    await town.changes("update app.api_clients set revoked_at = now()")

    assert (await client.asks("GET", "/webhook-endpoints")).status_code == 401
