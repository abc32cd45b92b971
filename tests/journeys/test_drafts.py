"""Listing drafts: a merchant's photo becomes a draft and then a lot; budgets, repeated requests and refusals."""

import asyncio
import io
import json
import os
import re
from collections.abc import Hashable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from starlette.datastructures import UploadFile
from typer.testing import CliRunner

from backend import cli
from backend.drafts import actions
from backend.photos import pictures
from tests.photographs import jpeg_of_scans
from tests.town import Merchant, Person, Shop, Town, refused

runner = CliRunner()

SALAD: dict[str, Any] = {
    "title": "Salades composées",
    "description": "Trois salades du midi.",
    "category": "prepared_meals",
    "original_price_cents": 850,
    "price_cents": 400,
    "portions": 3,
    "weight_grams": 320,
    "date_kind": "none",
    "cold_chain": True,
    "urgency": "today",
    "suspected_allergens": ["mustard", "eggs"],
}


def a_picture(size: tuple[int, int] = (640, 480)) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, "JPEG")
    return file.getvalue()


async def drafts_kept(town: Town) -> list[tuple[Any, ...]]:
    rows = await town.rows("select draft, published, lot_id from app.listing_drafts order by id")
    return [
        (json.loads(row["draft"]), row["published"] and json.loads(row["published"]), row["lot_id"]) for row in rows
    ]


async def a_lot_from(merchant: Merchant, shop: Shop, made: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Publish a draft, as an app does that fills its form with it."""
    draft = made["draft"]
    fields = {
        "title": draft["title"],
        "description": draft["description"] or "",
        "category": draft["category"],
        "original_price_cents": draft["original_price_cents"],
        "price_cents": draft["price_cents"],
        "quantity": draft["portions"],
        "weight_grams": draft["weight_grams"],
        "date_kind": draft["date_kind"] or "none",
        "food_date": draft["food_date"],
        "cold_chain": bool(draft["cold_chain"]),
        "allergens": draft["suspected_allergens"],
        "photo_id": made["photo_id"],
    }
    return await merchant.lists(shop, **{**fields, **changes})


async def test_a_photo_becomes_a_draft_and_then_a_lot_on_sale(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    town.gemini.answers(SALAD)

    made = await sophie.photographs(a_picture())
    assert made["draft"] == SALAD | {
        "suspected_allergens": ["eggs", "mustard"], "food_date": None, "gtin": None, "batch": None,
    }  # fmt: skip
    assert set(made["confidence"]) >= {"title", "price_cents"}
    assert await town.value("select count(*) from app.lots") == 0  # nothing is published
    lot = await a_lot_from(sophie, shop, made, quantity=4)

    assert (lot["status"], lot["photo_id"]) == ("published", made["photo_id"])
    seen = await town.request("GET", f"/v1/photos/{made['photo_id']}/card")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/webp")
    [(draft, published, lot_id)] = await drafts_kept(town)
    assert (draft["portions"], published["portions"], str(lot_id)) == (3, 4, lot["id"])


async def test_without_a_model_the_last_listing_fills_the_draft(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await town.a_lot(shop=shop, title="Pains de la veille", description="Trois pains.", category="bakery")
    town.gemini.fails(503, times=2)

    made = await sophie.photographs(a_picture(), shop_id=str(shop.id))

    assert made["reader"] == "local"
    assert made["draft"]["title"] == "Pains de la veille"
    told = {warning["code"]: warning["message"] for warning in made["warnings"]}
    assert {"model_unavailable", "from_same_category"} <= set(told)
    assert "modèle" in told["model_unavailable"]


async def test_beyond_the_daily_budget_drafts_are_made_without_the_model(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    await town.changes("update app.settings set value = 1 where name = 'model_drafts_per_shop_and_day'")

    first, second = await sophie.photographs(a_picture()), await sophie.photographs(a_picture())

    assert first["reader"] != "local"
    assert second["reader"] == "local"
    assert "model_budget_spent" in {warning["code"] for warning in second["warnings"]}
    assert len(town.gemini.requests) == 1
    await town.clock(await town.now() + timedelta(days=1))
    assert (await sophie.photographs(a_picture()))["reader"] != "local"


async def test_a_repeated_key_asks_the_model_once(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    picture = a_picture()

    first = await sophie.photographs(picture, key="18:50")
    again = await sophie.photographs(picture, key="18:50")
    assert again == first
    assert len(town.gemini.requests) == 1

    other = await refused(sophie.photographs(a_picture((320, 200)), key="18:50"))
    assert other.code == "idempotency.mismatch"
    town.gemini.is_slow(0.5)
    at_once = [answer.json() for answer in await asyncio.gather(*(sends_again(sophie, picture) for _ in range(4)))]
    refusals = [said["code"] for said in at_once if "code" in said]
    assert refusals == ["idempotency.in_progress"] * 3
    [made] = [said for said in at_once if "photo_id" in said]
    assert await sophie.photographs(picture, key="18:51") == made
    assert len(town.gemini.requests) == 2
    assert len(await drafts_kept(town)) == 2


async def sends_again(person: Person, picture: bytes) -> httpx2.Response:
    return await person.sends_photo(picture, key="18:51")


async def test_a_key_is_free_again_after_a_refusal_or_a_dead_process(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    assert (await refused(sophie.photographs(b"no photo", key="k"))).code == "photo.wrong_type"
    assert await town.value("select count(*) from app.idempotency_keys") == 0
    picture = a_picture()
    made = await sophie.photographs(picture, key="k")

    # The state that a process leaves behind when it dies before it answers.
    await town.changes("update app.idempotency_keys set status = null, body = null")
    assert (await refused(sophie.photographs(picture, key="k"))).code == "idempotency.in_progress"
    await town.clock(await town.now() + timedelta(minutes=2))
    assert (await sophie.photographs(picture, key="k"))["photo_id"] != made["photo_id"]


async def test_a_draft_whose_print_was_not_read_says_so(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "tesseract"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    town.gemini.answers(SALAD)

    made = await sophie.photographs(a_picture())

    [skipped] = [warning for warning in made["warnings"] if warning["code"] == "ocr_skipped"]
    assert "étiquette" in skipped["message"]
    assert made["draft"]["title"] == SALAD["title"]


async def test_photos_of_an_unverified_shop_are_not_drafted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie, verified=False)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "read_photo", lambda *_: pytest.fail("decoded"))
        for wanted in ({}, {"shop_id": str(shop.id)}):
            refusal = await refused(sophie.photographs(a_picture(), key="once", **wanted))
            assert (refusal.status, refusal.code) == (409, "shop.not_verified")
    assert town.gemini.requests == []
    assert await town.value("select count(*) from app.photos") == 0
    assert await town.value("select count(*) from app.idempotency_keys") == 0

    await (await town.an_admin()).posts(f"/admin/shops/{shop.id}/verify", {"decision": "verified"})
    assert (await sophie.photographs(a_picture(), key="once"))["photo_id"]


async def test_a_draft_is_unavailable_and_frees_its_key_when_no_decoder_starts(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    stored = "select (select count(*) from app.photos) + (select count(*) from app.listing_drafts)"
    with monkeypatch.context() as patched:
        patched.setattr(pictures, "_woken", lambda: None)
        patched.setattr(pictures, "PROGRAM", ("/there/is/no/such/program",))
        answer = await sophie.sends_photo(a_picture(), key="once")
    assert (answer.status_code, answer.json()["code"]) == (503, "photo.decoder_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert await town.value(stored) == 0

    assert (await sophie.photographs(a_picture(), key="once"))["photo_id"]


async def test_two_bombs_do_not_keep_other_merchants_drafts_waiting(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = jpeg_of_scans(500, side=5000)
    sophie, mallory, trudy = [await town.a_merchant(name) for name in ("Sophie", "Mallory", "Trudy")]
    for merchant in (sophie, mallory, trudy):
        await town.a_shop(merchant)
    assert (await refused(mallory.photographs(bomb))).code == "photo.too_many_scans"
    # What the bounds of scans and pixels do not find must stop by itself, too.
    monkeypatch.setattr(pictures, "MOST_SCANS", 10**6)
    monkeypatch.setattr(pictures, "MOST_SCANNED_PIXELS", 10**15)
    monkeypatch.setattr(pictures, "CPU_SECONDS", 1)
    over: list[str] = []

    async def sends(merchant: Merchant, picture: bytes) -> None:
        answer = await merchant.sends_photo(picture)
        over.append(answer.json().get("code", "drafted"))

    async with asyncio.TaskGroup() as people:
        for merchant in (mallory, trudy, mallory, mallory):
            people.create_task(sends(merchant, bomb))
        people.create_task(sends(sophie, a_picture()))

    assert "drafted" in over[:3], "before the third bomb of one account"
    assert sorted(over) == ["drafted"] + ["photo.unreadable"] * 4


async def test_a_draft_is_given_up_when_its_client_leaves(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    given_up = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def slow(file: UploadFile, account: Hashable = None) -> pictures.Pictures:
        try:
            await asyncio.sleep(60)
        finally:
            loop.call_soon_threadsafe(given_up.set)
        return await pictures.read_photo(file, account)

    with monkeypatch.context() as patched:
        patched.setattr(actions, "read_photo", slow)
        sending = asyncio.create_task(sophie.sends_photo(a_picture(), key="again"))
        async with asyncio.timeout(30):
            while not await town.value("select count(*) from app.idempotency_keys"):
                await asyncio.sleep(0.02)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await given_up.wait()
            while await town.value("select count(*) from app.idempotency_keys"):
                await asyncio.sleep(0.02)

    assert (await sophie.photographs(a_picture(), key="again"))["photo_id"]


async def test_a_refused_draft_keeps_no_photo_and_asks_no_model(town: Town) -> None:
    sophie = await town.a_merchant()
    shop, other = await town.a_shop(sophie), await town.a_shop()
    picture = a_picture()

    marc = await town.a_customer()
    assert (await refused(marc.photographs(picture))).code == "access.forbidden"
    assert (await refused(sophie.photographs(picture, shop_id=str(other.id)))).code == "shop.not_found"
    await town.a_shop(sophie)
    assert (await refused(sophie.photographs(picture))).code == "draft.which_shop"
    assert (await town.request("POST", "/v1/lots/drafts")).status_code == 401

    assert await town.value("select count(*) from app.photos") == 0
    assert town.gemini.requests == []
    assert (await sophie.photographs(picture, shop_id=str(shop.id)))["photo_id"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "multipart/form-data; boundary=x", 422, "request.invalid"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 422, "request.invalid"),
        (b"whatever", "multipart/form-data", 422, "body.unreadable"),
        (b"{}", "application/json", 415, "body.wrong_type"),
        (
            b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\ntext\r\n--x--\r\n',
            "multipart/form-data; boundary=x", 422, "request.invalid",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="photo"; filename="../../a.svg"\r\n'
            b"Content-Type: image/jpeg\r\n\r\n<svg/>\r\n--x--\r\n",
            "multipart/form-data; boundary=x", 415, "photo.wrong_type",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="shop_id"\r\n\r\nv\r\n--x--\r\n',
            "multipart/form-data; charset=undefined; boundary=x", 422, "body.unreadable",
        ),
        (
            b"".join(
                b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nv\r\n' % number for number in range(500)
            ) + b"--x--\r\n",
            "multipart/form-data; boundary=x", 422, "body.unreadable",
        ),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_photo_is_refused(
    lasting_town: Town, body: bytes, content_type: str, status: int, code: str
) -> None:
    sophie = await lasting_town.a_merchant()
    await lasting_town.a_shop(sophie)

    answer = await sophie.asks("POST", "/lots/drafts", content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await lasting_town.value("select count(*) from app.photos") == 0


async def test_another_merchants_photo_cannot_be_used(town: Town) -> None:
    sophie, gilles = await town.a_merchant(), await town.a_merchant("Gilles")
    await town.a_shop(sophie)
    his = await town.a_shop(gilles)
    made = await sophie.photographs(a_picture())

    refusal = await refused(gilles.lists(his, photo_id=made["photo_id"]))

    assert refusal.code == "lot.photo_unknown"
    assert await town.value("select count(*) from app.lots") == 0


async def test_a_draft_warns_that_its_product_is_recalled(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    town.gemini.answers(
        {**SALAD, "gtin": "03017620422003"},
    )
    read = await sophie.photographs(a_picture())
    assert read["draft"]["gtin"] == "03017620422003"
    assert "recalled" not in {warning["code"] for warning in read["warnings"]}
    await (await town.an_admin()).posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})

    town.gemini.answers({**SALAD, "gtin": "03017620422003"})
    warned = await sophie.photographs(a_picture())

    assert warned["warnings"][0]["code"] == "recalled"


async def test_a_recalled_lot_does_not_fill_later_drafts(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    await town.a_lot(shop=shop, title="Pains de la veille")
    await town.a_lot(shop=shop, title="Pain rappelé", gtin="03017620422003")
    for title in ("Pain rappelé", "Pains de la veille"):
        town.gemini.fails(503, times=2)
        assert (await sophie.photographs(a_picture()))["draft"]["title"] == title
        await (await town.an_admin()).posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})


async def test_the_report_shows_what_merchants_changed(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    for change in ({"title": "Salades du midi"}, {}):
        town.gemini.answers(SALAD)
        made = await sophie.photographs(a_picture())
        await town.clock(await town.now() + timedelta(seconds=90))
        await a_lot_from(sophie, shop, made, allergens=["mustard", "eggs"], **change)
    await sophie.photographs(a_picture())  # never published

    said = await asyncio.to_thread(runner.invoke, cli.app, ["ai", "report"])

    assert said.exit_code == 0, said.output
    assert "3 drafts in 30 days, 2 of them published." in said.output
    assert re.search("photo to publication: 1 min 3[0-9] s", said.output), "and the time that drafting took"
    lines = {line.split("│")[1].strip(): line for line in said.output.splitlines() if line.startswith("│")}
    assert "50%" in lines["title"]
    assert "0%" in lines["suspected_allergens"]


async def test_a_draft_is_compared_with_the_first_lot_published_from_it(town: Town) -> None:
    """A second lot with the same photo does not replace the lot with which the draft is compared."""
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    made = await sophie.photographs(a_picture())
    first = await a_lot_from(sophie, shop, made, publish=False)
    assert [published for _, published, _ in await drafts_kept(town)] == [None]

    published = await sophie.asks("PATCH", f"/lots/{first['id']}", {"publish": True})
    assert published.status_code == 200
    await a_lot_from(sophie, shop, made, title="Le lendemain")

    [(_, kept, lot_id)] = await drafts_kept(town)
    assert (kept["title"], str(lot_id)) == (first["title"], first["id"])
