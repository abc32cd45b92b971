"""Photos of lots: who sees them, what is stored of an upload, hostile uploads, and the removal of unused photos."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from backend.files.store import Directory
from backend.photos.store import PHOTOS
from backend.settings import settings
from tests.journeys.test_strangers import everything
from tests.listener import reply
from tests.photographs import file_of, jpeg_with_metadata, opened, png_bomb, two_colours
from tests.supabase_storage import KEY, SupabaseStorageServer
from tests.town import Lot, Merchant, Person, Town
from tests.town.databases import WORKER

SIZES = ("full", "card")


async def a_photo(town: Town, merchant: Merchant, *, days_old: int = 0, status: str = "kept") -> UUID:
    """Make a photo with its files, as a draft leaves it."""
    photo: UUID = await town.value(
        "insert into app.photos (account_id, status, width, height, created_at)"
        " values ($1, $2, 1600, 1200, app.clock() - make_interval(days => $3)) returning id",
        merchant.id,
        status,
        days_old,
    )
    await Directory(town.folder / "photos", PHOTOS).keep(photo, {"full": b"RIFF full", "card": b"RIFF card"})
    return photo


async def shows(town: Town, lot: Lot, photo: UUID | None) -> None:
    await town.changes("update app.lots set photo_id = $1 where id = $2", photo, lot.id)


def files_in(town: Town) -> set[str]:
    return {path.name.partition(".")[0] for path in (town.folder / "photos").rglob("*.webp")}


async def photo_as(town: Town, who: Person | None, photo: UUID, size: str, **headers: str) -> httpx2.Response:
    path = f"/photos/{photo}/{size}"
    return await (who.asks("GET", path, headers=headers) if who else town.request("GET", f"/v1{path}", headers=headers))


def without_id(problem: httpx2.Response) -> dict[str, Any]:
    return {name: value for name, value in problem.json().items() if name != "request_id"}


async def test_a_photo_is_visible_exactly_to_those_who_see_its_lot(town: Town) -> None:
    sophie, marc, amina = await town.a_merchant(), await town.a_customer(), await town.a_beneficiary()
    shop = await town.a_shop(sophie)
    people: dict[str, Person | None] = {
        "nobody": None,
        "sophie": sophie,
        "marc": marc,
        "amina": amina,
        "somebody": await town.a_customer("Hélène"),
        "suspended beneficiary": await town.a_beneficiary("Omar", status="suspended"),
        "merchant": await town.a_merchant("Gilles"),
        "collector": await town.a_collector(),
        "association": await town.an_association(),
        "admin": await town.an_admin(),
    }
    lots = {
        "draft": await town.a_lot(shop=shop, status="draft"),
        "discounted": await town.a_lot(shop=shop),
        "free": await town.a_free_lot(shop=shop),
        "ended": await town.a_lot(shop=shop),
        "withdrawn": await town.a_free_lot(shop=shop),
    }
    await marc.reserves(lots["ended"])
    await amina.reserves(lots["withdrawn"], 1)
    photos = {name: await a_photo(town, sophie) for name in (*lots, "no lot", "coming", "going")}
    for name, lot in lots.items():
        await shows(town, lot, photos[name])
    for name in ("ended", "withdrawn"):
        await town.changes("update app.lots set status = $1 where id = $2", name, lots[name].id)
    for name in ("coming", "going"):
        await town.changes("update app.photos set status = $1 where id = $2", name, photos[name])
    may_see: dict[str, set[str]] = {
        "draft": {"sophie"},
        "discounted": set(people),
        "free": {"sophie", "amina", "admin"},
        "ended": {"sophie", "marc", "admin"},
        "withdrawn": {"sophie", "amina", "admin"},
        "no lot": {"sophie"},
        "coming": set(),
        "going": set(),
    }

    seen: dict[str, set[str]] = {name: set() for name in photos}
    for person, who in people.items():
        nothing = await photo_as(town, who, uuid4(), "full")
        assert (nothing.status_code, nothing.json()["code"]) == (404, "photo.not_found")
        for number, (name, photo) in enumerate(photos.items()):
            size = SIZES[number % 2]
            answer = await photo_as(town, who, photo, size)
            if answer.status_code == 200:
                assert (answer.content, answer.headers["content-type"]) == (f"RIFF {size}".encode(), "image/webp")
                seen[name].add(person)
            else:
                assert (answer.status_code, without_id(answer)) == (404, without_id(nothing))
    assert seen == may_see

    assert (await photo_as(town, None, photos["discounted"], "original")).status_code == 422
    assert (await photo_as(town, None, photos["discounted"], "../card")).status_code in (404, 422)


async def test_only_public_photos_may_be_cached(town: Town) -> None:
    sophie = await town.a_merchant()
    lot = await town.a_lot(shop=await town.a_shop(sophie))
    photo = await a_photo(town, sophie)
    await shows(town, lot, photo)

    public, own = await photo_as(town, None, photo, "card"), await photo_as(town, sophie, photo, "card")
    assert (public.headers["cache-control"], public.headers["vary"]) == ("public, max-age=60", "Authorization")
    assert own.headers["cache-control"] == "no-store"
    assert public.headers["x-content-type-options"] == "nosniff"
    assert public.headers["content-security-policy"].startswith("default-src 'none'")

    tag = public.headers["etag"]
    again = await photo_as(town, None, photo, "card", **{"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await photo_as(town, None, photo, "full", **{"If-None-Match": tag})).status_code == 200
    await town.changes("update app.lots set status = 'ended' where id = $1", lot.id)
    assert (await photo_as(town, None, photo, "card", **{"If-None-Match": tag})).status_code == 404

    # A photo whose files are lost is answered as not found, not as a failure.
    await town.changes("update app.lots set status = 'published' where id = $1", lot.id)
    await Directory(town.folder / "photos", PHOTOS).remove(photo)
    assert (await photo_as(town, None, photo, "card")).json()["code"] == "photo.not_found"


# Uploads


def form(*parts: tuple[str, bytes], boundary: str = "x") -> tuple[bytes, dict[str, str]]:
    """Return a multipart body and its headers; each part is the text after `form-data; ` and the content."""
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {what}\r\n\r\n".encode() + content + b"\r\n"
        for what, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


PHOTO = 'name="photo"; filename="IMG.JPG"'


async def test_a_stored_photo_is_small_and_has_no_metadata(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    secret = "3 rue des Roses, Amina"
    large = jpeg_with_metadata(secret) + os.urandom(3 * 1024 * 1024)  # over the limit of other bodies

    made = await sophie.photographs(large)

    kept = await photo_as(town, sophie, UUID(made["photo_id"]), "full")
    assert opened(kept.content).size == (800, 600)
    assert secret.encode() not in kept.content
    (row,) = await town.rows("select id, status, width, height from app.photos")
    assert tuple(row) == (UUID(made["photo_id"]), "kept", 800, 600)
    assert files_in(town) == {made["photo_id"]}


# Starlette leaves the file of an unfinished part to the garbage collector, which closes it.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
async def test_hostile_uploads_are_refused_and_leave_nothing(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    small = file_of(two_colours(64, 64))
    uploads: dict[str, tuple[bytes, dict[str, str], int, str]] = {
        "a bomb": (*form((PHOTO, await asyncio.to_thread(png_bomb, 9000))), 422, "photo.too_many_pixels"),
        "a program": (*form((PHOTO, b"MZ" + bytes(5000))), 415, "photo.wrong_type"),
        "a photo cut off": (*form((PHOTO, small[:-300])), 422, "photo.unreadable"),
        "an empty photo": (*form((PHOTO, b"")), 415, "photo.wrong_type"),
        "over 10 MB": (*form((PHOTO, small + bytes(10 * 1024 * 1024))), 413, "photo.too_large"),
        "over 20 MB": (*form((PHOTO, small + bytes(20 * 1024 * 1024))), 413, "photo.too_large"),
        "two photos": (*form((PHOTO, small), (PHOTO, small)), 422, "body.unreadable"),
        "another file": (*form((PHOTO.replace("photo", "other"), small)), 422, "request.invalid"),
        "3000 fields": (*form(*[('name="a"', b"1")] * 3000), 422, "body.unreadable"),
        "a large field": (*form(('name="shop_id"', bytes(2000)), (PHOTO, small)), 422, "body.unreadable"),
        "a large name": (*form((f'name="{"a" * 100_000}"', b"1"), (PHOTO, small)), 422, ""),
        "a large header": (*form((f"{PHOTO}\r\nX-A: {'a' * 500_000}", small)), 422, ""),
        "no boundary": (form((PHOTO, small))[0], {"Content-Type": "multipart/form-data"}, 422, "body.unreadable"),
        "another boundary": (
            form((PHOTO, small))[0],
            {"Content-Type": "multipart/form-data; boundary=y"},
            422,
            "",
        ),
        "no end": (form((PHOTO, small))[0][:-30], form()[1], 422, ""),
    }
    before = await everything(town)

    async def piecemeal(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1 << 20):
            yield body[start : start + (1 << 20)]

    for name, (body, headers, status, code) in uploads.items():
        answer = await sophie.asks("POST", "/lots/drafts", content=body, headers=headers)
        assert answer.status_code == status, (name, answer.text)
        assert answer.json()["code"] == (code or answer.json()["code"]), (name, answer.text)
        if "over" in name:  # the same without a Content-Length
            token = {"Authorization": f"Bearer {sophie.token}", **headers}
            async with httpx2.AsyncClient(trust_env=False) as client:
                chunked = await client.post(f"{town.url}/v1/lots/drafts", content=piecemeal(body), headers=token)
            assert (chunked.status_code, chunked.json()["code"]) == (status, code)
    elsewhere = await sophie.asks(
        "POST", "/lots", content=b" " * 2_000_000, headers={"Content-Type": "application/json"}
    )
    assert elsewhere.json()["code"] == "body.too_large"

    assert await everything(town) == before
    assert files_in(town) == set()
    fine = 'name="photo"; filename="../../../etc/passwd\\0.svg"'  # the control: file names are ignored
    body, headers = form((fine, small))
    assert (await sophie.asks("POST", "/lots/drafts", content=body, headers=headers)).status_code == 201


async def test_a_failing_store_leaves_a_row_that_is_removed_a_day_later(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    photo = file_of(two_colours())

    def full(_file: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", full)
        body, headers = form((PHOTO, photo))
        refused = await sophie.asks("POST", "/lots/drafts", content=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (503, "photo.store_unavailable")
    assert [row["status"] for row in await town.rows("select status from app.photos")] == ["coming"]
    assert files_in(town) == set()

    assert (await sophie.photographs(photo))["photo_id"]  # the control: with a working disk it is kept
    await town.changes("update app.photos set created_at = created_at - interval '25 hours' where status = 'coming'")
    await town.worker_runs()
    assert [row["status"] for row in await town.rows("select status from app.photos")] == ["kept"]


# Supabase Storage


async def test_with_supabase_a_photo_redirects_to_an_address_for_a_minute(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SupabaseStorageServer() as storage:
        for name, value in {
            "ECOPANIER_PHOTOS": "supabase",
            "SUPABASE_URL": storage.url,
            "SUPABASE_SECRET_KEY": KEY,
        }.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        sophie, marc = await town.a_merchant(), await town.a_customer()
        shop = await town.a_shop(sophie)
        photo = UUID((await sophie.photographs(file_of(two_colours())))["photo_id"])
        assert set(storage.kept) == {f"{photo}.full.webp", f"{photo}.card.webp"}
        assert {kind for kind, _ in storage.kept.values()} == {"image/webp"}

        asked = storage.asked
        assert (await photo_as(town, marc, photo, "card")).json()["code"] == "photo.not_found"
        assert storage.asked == asked  # the storage is not asked about a photo that the caller may not see
        await shows(town, await town.a_lot(shop=shop), photo)
        sent = await photo_as(town, marc, photo, "card")
        assert (sent.status_code, sent.headers["cache-control"]) == (307, "no-store")
        assert storage.signed_for[-1] <= 60
        async with httpx2.AsyncClient(trust_env=False) as anybody:
            assert opened((await anybody.get(sent.headers["location"])).content).size == (480, 360)

        storage.fails = lambda _received: reply(503)
        down = await photo_as(town, marc, photo, "card")
        assert (down.status_code, down.json()["code"]) == (503, "photo.store_unavailable")
        assert down.headers["retry-after"]

        # Orphans stay while the store is down, and are removed once it is back.
        await town.changes("update app.lots set photo_id = null")
        await town.changes("update app.photos set used = false, created_at = created_at - interval '25 hours'")
        await town.worker_runs()
        assert await town.value("select status from app.photos") == "going"
        assert len(storage.kept) == 2
        storage.fails = lambda _received: None
        await town.worker_runs()
        assert await town.value("select count(*) from app.photos") == 0
        assert storage.kept == {}


# Orphans


async def test_photos_unused_for_a_day_are_removed_with_their_files(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    stays = {
        "shown": await a_photo(town, sophie, days_old=3),
        "shown by a lot that ended": await a_photo(town, sophie, days_old=3),
        "new": await a_photo(town, sophie),
        "new and coming": await a_photo(town, sophie, status="coming"),
    }
    await shows(town, await town.a_lot(shop=shop), stays["shown"])
    over = await town.a_lot(shop=shop)
    await shows(town, over, stays["shown by a lot that ended"])
    await town.changes("update app.lots set status = 'ended' where id = $1", over.id)
    goes = {
        "never taken": await a_photo(town, sophie, days_old=2),
        "never stored": await a_photo(town, sophie, days_old=2, status="coming"),
        "begun to go": await a_photo(town, sophie, days_old=2, status="going"),
        "of a draft": await a_photo(town, sophie, days_old=2),
    }
    await town.changes(
        "insert into app.listing_drafts (shop_id, photo_id, reader, draft, begun_at, drafted_at)"
        " values ($1, $2, 'local', '{}', now(), now())",
        shop.id,
        goes["of a draft"],
    )
    await Directory(town.folder / "photos", PHOTOS).remove(goes["never stored"])  # it has no files

    await town.worker_runs()

    assert {row["id"] for row in await town.rows("select id from app.photos")} == set(stays.values())
    assert files_in(town) == {str(photo) for photo in stays.values()}
    assert await town.value("select photo_id is null from app.listing_drafts")


async def taking(town: Town, merchant: Merchant, lot: Lot, photo: UUID, then: Callable[[], Any]) -> str:
    """Attach a photo to a lot as its merchant, and await `then()` before committing. Return "taken" or the refusal."""
    async with town.copy.connection() as connection:
        await connection.execute("set role authenticated")
        claims = f'{{"sub": "{merchant.id}", "role": "authenticated"}}'
        async with connection.transaction():
            await connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
            try:
                await connection.execute("update app.lots set photo_id = $1 where id = $2", photo, lot.id)
            except asyncpg.PostgresError as refusal:
                return str(refusal)
            await then()
    return "taken"


LOOKING_FIRST = """
create or replace function app.orphaned_photos(most int) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query update app.photos p set status = 'going'
        where not p.used and p.created_at < app.clock() - interval '1 day'
          or p.id in (select q.id from app.photos q where not q.used and q.created_at < app.clock() - interval '1 day')
        returning p.id;
end $$;
"""


@pytest.mark.parametrize("careful", [True, False], ids=["as it is", "control: looking first"])
async def test_a_photo_attached_during_the_removal_of_orphans_is_kept(town: Town, careful: bool) -> None:
    sophie = await town.a_merchant()
    lot = await town.a_lot(shop=await town.a_shop(sophie))
    photo = await a_photo(town, sophie, days_old=2)
    if not careful:
        await town.changes(LOOKING_FIRST)

    async with town.copy.connection(WORKER) as worker:
        looked: list[asyncio.Task[Any]] = []

        async def the_worker_looks() -> None:
            looked.append(asyncio.create_task(worker.fetch("select app.orphaned_photos(10)")))
            await asyncio.wait(looked, timeout=0.3)  # the worker waits for our lock, unless it skips locked rows

        assert await taking(town, sophie, lot, photo, the_worker_looks) == "taken"
        orphans = [row[0] for row in await looked[0]]

    status = await town.value("select status from app.photos where id = $1", photo)
    assert (orphans, status) == (([], "kept") if careful else ([photo], "going"))


async def test_a_photo_that_cannot_be_removed_does_not_stop_the_others(town: Town) -> None:
    sophie = await town.a_merchant()
    stuck, *others = [await a_photo(town, sophie, days_old=days) for days in (5, 3, 2)]
    (in_the_way,) = (town.folder / "photos").rglob(f"{stuck}.card.webp")
    in_the_way.unlink()
    in_the_way.mkdir()

    await town.worker_runs()

    assert await town.value("select array_agg(id) from app.photos") == [stuck]
    assert not files_in(town) & set(map(str, others))
    in_the_way.rmdir()
    await town.worker_runs()
    assert await town.value("select count(*) from app.photos") == 0


async def test_a_photo_that_is_being_removed_cannot_be_attached(town: Town) -> None:
    sophie = await town.a_merchant()
    lot = await town.a_lot(shop=await town.a_shop(sophie))
    photo = await a_photo(town, sophie, days_old=2)

    async def nothing() -> None: ...

    async with town.copy.connection(WORKER) as worker:
        removal = worker.transaction()
        await removal.start()
        assert [row[0] for row in await worker.fetch("select app.orphaned_photos(10)")] == [photo]
        waiting = asyncio.create_task(taking(town, sophie, lot, photo, nothing))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await removal.commit()

    assert await waiting == "lot.photo_unknown"
    assert await town.value("select photo_id is null from app.lots")


def test_photo_files_are_stored_in_the_data_directory(tmp_path: Path) -> None:
    photo = UUID("01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4")
    asyncio.run(Directory(tmp_path, PHOTOS).keep(photo, {"full": b"1", "card": b"2"}))
    assert (tmp_path / "f4" / f"{photo}.card.webp").read_bytes() == b"2"
