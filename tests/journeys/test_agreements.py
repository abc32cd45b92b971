"""Donation agreements: an association proposes one with its document, the merchant answers, either side ends it."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from backend.associations import jobs
from backend.settings import settings
from backend.worker import working
from tests.listener import Received, reply
from tests.supabase_storage import KEY, SupabaseStorageServer
from tests.town import Association, Person, Shop, Town, refused
from tests.town.answers import accepted, refusal_in

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
MOST = 10 * 1024 * 1024


async def sends(
    association: Person,
    shop: Shop,
    document: bytes = PDF,
    *,
    signed_on: date | str | None = None,
    key: str | None = None,
    **fields: str,
) -> httpx2.Response:
    signed = signed_on or await association.town.today()
    form = httpx2.Request(
        "POST",
        "http://form",
        files={"document": ("convention.pdf", document, "application/pdf")},
        data={"shop_id": str(shop.id), "signed_on": str(signed), **fields},
    )
    sent = {"Content-Type": form.headers["content-type"]}
    return await association.asks("POST", "/agreements", content=form.read(), headers=sent, key=key)


async def proposes(association: Association, shop: Shop, document: bytes = PDF, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = accepted(await sends(association, shop, document, **fields)).json()
    return made


async def agreements(person: Person, **asked: Any) -> list[str]:
    return [shown["id"] for shown in (await person.gets("/agreements", **asked))["data"]]


def always(answer: bytes) -> Callable[[Received], bytes | None]:
    """Return a failure that answers this to every request to the store."""
    return lambda _received: answer


def documents_in(folder: Path) -> list[Path]:
    return [path for path in (folder / "documents").rglob("*") if path.is_file()]


async def test_an_agreement_is_proposed_confirmed_read_and_ended(town: Town) -> None:
    relais, sophie, odile = await town.an_association(), await town.a_merchant(), await town.an_admin()
    strangers: tuple[Person, ...] = (await town.an_association("Autre"), (await town.a_shop()).merchant)
    shop = await town.a_shop(sophie)
    ends = await town.today() + timedelta(days=365)

    made = await proposes(relais, shop, ends_on=ends.isoformat(), key="once")
    again = await proposes(relais, shop, ends_on=ends.isoformat(), key="once")
    assert again == made
    assert (made["status"], made["in_force"], made["document_bytes"]) == ("proposed", False, len(PDF))
    assert (made["association"]["name"], made["shop"]["name"]) == ("Le Relais", "Boulangerie du Marché")
    assert len(documents_in(town.folder)) == 1
    path = f"/agreements/{made['id']}"
    assert await agreements(sophie, status="proposed") == [made["id"]]
    assert (await refused(relais.posts(f"{path}/confirm"))).code == "access.forbidden"
    taken = refusal_in(await sends(relais, shop))
    assert (taken.status, taken.code) == (409, "agreement.exists")

    confirmed = await sophie.posts(f"{path}/confirm")
    assert (confirmed["status"], confirmed["in_force"]) == ("confirmed", True)
    assert (await sophie.posts(f"{path}/confirm"))["decided_at"] == confirmed["decided_at"]
    assert (await refused(sophie.posts(f"{path}/decline"))).code == "agreement.decided"

    for side in (relais, sophie):
        read = await side.asks("GET", f"{path}/document")
        assert read.content == PDF
        assert read.headers["content-type"] == "application/pdf"
        assert read.headers["content-disposition"].startswith("attachment; ")
        assert (read.headers["x-content-type-options"], read.headers["cache-control"]) == ("nosniff", "no-store")
    # An admin sees the agreement but not its document; anybody else sees nothing.
    assert await agreements(odile, shop_id=shop.id) == [made["id"]]
    assert (await odile.gets(path))["association"]["id"] == str(relais.id)
    assert refusal_in(await odile.asks("GET", f"{path}/document")).code == "access.forbidden"
    for stranger in strangers:
        assert await agreements(stranger) == []
        for hidden in (path, f"{path}/document"):
            assert refusal_in(await stranger.asks("GET", hidden)).code == "agreement.not_found"
        assert (await refused(stranger.posts(f"{path}/end"))).code == "agreement.not_found"
    assert refusal_in(await (await town.a_customer()).asks("GET", "/agreements")).code == "access.forbidden"

    # Each side now sees the other, by SQL too, even while the shop is suspended.
    await odile.suspends_account(sophie)
    assert (await relais.gets(path))["shop"]["name"] == "Boulangerie du Marché"
    await odile.restores_account(sophie)
    async with town.sql_as(sophie) as connection:
        assert await connection.fetchval("select name from app.associations") == "Le Relais"

    ended = await sophie.posts(f"{path}/end")
    assert (ended["status"], ended["ended_by"], ended["in_force"]) == ("ended", "shop", False)
    assert (await refused(relais.posts(f"{path}/end"))).code == "agreement.over"
    noted = await town.rows("select action, actor_id from app.audit_entries where subject = 'agreement' order by id")
    assert [tuple(row) for row in noted] == [
        ("agreement.proposed", relais.id),
        ("agreement.confirmed", sophie.id),
        ("agreement.ended", sophie.id),
    ]
    renewed = await proposes(relais, shop)
    assert (await sophie.posts(f"/agreements/{renewed['id']}/decline"))["status"] == "declined"
    assert await agreements(relais) == [renewed["id"], made["id"]]


async def test_invalid_proposals_are_refused_and_leave_nothing(town: Town) -> None:
    relais, pending = await town.an_association(), await town.an_association("Nouvelle", status="pending")
    shop, closed = await town.a_shop(), await town.a_shop(verified=False)
    today = await town.today()
    before, after = (today - timedelta(days=1)).isoformat(), (today + timedelta(days=1)).isoformat()

    for document in (b"", b"GIF89a %%EOF", b"\n" + PDF, PDF[:40], b"<html>%PDF-1.7 %%EOF", b"%PDF-9.9\n%%EOF"):
        refusal = refusal_in(await sends(relais, shop, document))
        assert (refusal.status, refusal.code) == (415, "document.not_pdf"), document
    impossible: tuple[tuple[dict[str, Any], str], ...] = (
        ({"signed_on": after}, "agreement.days_invalid"),
        ({"ends_on": before}, "agreement.days_invalid"),
        ({"signed_on": "hier"}, "request.invalid"),
        ({"status": "confirmed"}, "request.invalid"),
    )
    for wanted, code in impossible:
        assert refusal_in(await sends(relais, shop, **wanted)).code == code
    assert refusal_in(await sends(relais, closed)).code == "shop.not_found"
    for nobody in (pending, shop.merchant, await town.an_admin()):
        assert refusal_in(await sends(nobody, shop)).code == "access.forbidden"
    for larger in (MOST + 1, MOST + 70_000):
        refusal = refusal_in(await sends(relais, shop, PDF + b"\n" * (larger - len(PDF) - 6) + b"%%EOF\n"))
        assert (refusal.status, refusal.code) == (413, "document.too_large")
    assert await town.value("select count(*) from app.agreements") == 0
    assert documents_in(town.folder) == []

    largest = PDF[:-6] + b" " * (MOST - len(PDF)) + b"%%EOF\n"
    assert (await proposes(relais, shop, largest, ends_on=after))["document_bytes"] == MOST
    # After the last day of an agreement the next one can be proposed.
    await shop.merchant.posts(f"/agreements/{(await agreements(relais))[0]}/confirm")
    await town.clock((await town.now()) + timedelta(days=2))
    [old] = (await relais.gets("/agreements"))["data"]
    assert (old["status"], old["in_force"]) == ("confirmed", False)
    await proposes(relais, shop)
    assert (await relais.gets(f"/agreements/{old['id']}"))["ended_by"] == "its_date"


async def test_concurrent_proposals_create_one_agreement(town: Town) -> None:
    relais, shop = await town.an_association(), await town.a_shop()
    today = await town.today()
    answers = await asyncio.gather(*(sends(relais, shop, signed_on=today) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {refusal_in(answer).code for answer in answers if answer.status_code == 409} == {"agreement.exists"}
    assert len(await agreements(relais)) == 1

    made = UUID((await agreements(relais))[0])
    outcomes = await asyncio.gather(
        shop.merchant.asks("POST", f"/agreements/{made}/confirm"), relais.asks("POST", f"/agreements/{made}/end")
    )
    assert all(answer.status_code in (200, 409) for answer in outcomes)
    # The documents that the refused proposals stored are removed once they are a day old.
    left = await town.value("select count(*) from app.agreements where status = 'coming'")
    assert len(documents_in(town.folder)) == 1 + left
    await town.clock((await town.now()) + timedelta(days=1, minutes=1))
    await town.worker_runs()
    assert [path.name for path in documents_in(town.folder)] == [f"{made}.signed.pdf"]
    assert await town.value("select array_agg(id) from app.agreements") == [made]


async def test_a_failing_store_leaves_no_agreement_and_a_retry_succeeds(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    relais, shop = await town.an_association(), await town.a_shop()
    async with SupabaseStorageServer("documents") as storage:
        monkeypatch.setenv("ECOPANIER_PHOTOS", "supabase")
        monkeypatch.setenv("SUPABASE_URL", storage.url)
        monkeypatch.setenv("SUPABASE_SECRET_KEY", KEY)
        settings.cache_clear()
        try:
            for failure in (b"", reply(503, b"gone", "text/plain"), reply(200, b'{"Key": "documents/other"}')):
                storage.fails = always(failure)
                refusal = refusal_in(await sends(relais, shop, key="again"))
                assert (refusal.status, refusal.code) == (503, "document.store_unavailable")
                assert await agreements(relais) == await agreements(shop.merchant) == []

            storage.fails = lambda _: None
            made = await proposes(relais, shop, key="again")
            assert storage.kept == {f"{made['id']}.signed.pdf": ("application/pdf", PDF)}
            path = f"/agreements/{made['id']}/document"
            assert (await shop.merchant.asks("GET", path)).content == PDF
            for failure in (b"", reply(200, b"{}"), reply(404)):
                storage.fails = always(failure)
                assert refusal_in(await relais.asks("GET", path)).code == "document.store_unavailable"

            # Three rows belong to uploads that never completed; none is removed while the store is down.
            await town.clock((await town.now()) + timedelta(days=1, minutes=1))
            async with working(settings()) as (work, _):
                assert await jobs.remove_orphans(work) == 0
                storage.fails = lambda _: None
                assert await jobs.remove_orphans(work) == 3
            assert await town.value("select array_agg(id::text) from app.agreements") == [made["id"]]
            assert len(storage.kept) == 1
        finally:
            settings.cache_clear()
