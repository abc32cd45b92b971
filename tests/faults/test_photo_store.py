"""Both photo stores: keeping, showing, removing; and a full disk or a Supabase that is down, slow or wrong."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest

from backend.files import store
from backend.files.store import Directory, SignedUrl, SupabaseStorage
from backend.photos.pictures import Encoded, Size
from backend.photos.problems import PhotoStoreUnavailable
from backend.photos.store import PHOTOS, PhotoStore, photo_store_of
from backend.settings import Settings, SettingsRefused
from tests.listener import Received, reply
from tests.supabase_storage import KEY, SupabaseStorageServer

PICTURES: Encoded = {"full": b"RIFF full", "card": b"RIFF card"}
OTHERS: Encoded = {"full": b"RIFF again", "card": b"RIFF again, small"}


@pytest.fixture
async def storage() -> AsyncIterator[SupabaseStorageServer]:
    async with SupabaseStorageServer() as server:
        yield server


@pytest.fixture(params=["directory", "supabase"])
async def photos(
    request: pytest.FixtureRequest, tmp_path: Path, storage: SupabaseStorageServer
) -> AsyncIterator[PhotoStore]:
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "photos": request.param, "supabase_url": storage.url, "supabase_secret_key": KEY}
    )
    opened = photo_store_of(settings)
    yield opened
    await opened.close()


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def shown(photos: PhotoStore, photo_id: UUID, size: Size) -> bytes | None:
    """Return the picture's bytes, fetched from the signed URL where the store gives one."""
    found = await photos.find(photo_id, size)
    if not isinstance(found, SignedUrl):
        return found
    async with httpx2.AsyncClient(trust_env=False) as anybody:
        answer = await anybody.get(found)
    assert answer.headers["content-type"] == "image/webp"
    return answer.content


async def test_a_photo_is_kept_shown_replaced_and_removed(photos: PhotoStore, storage: SupabaseStorageServer) -> None:
    one, other = uuid4(), uuid4()
    assert await photos.find(one, "full") is None

    await photos.keep(one, PICTURES)
    await photos.keep(other, PICTURES)
    assert [await shown(photos, one, "full"), await shown(photos, one, "card")] == [*PICTURES.values()]
    await photos.keep(one, OTHERS)  # as a repeated request does
    assert [await shown(photos, one, "full"), await shown(photos, one, "card")] == [*OTHERS.values()]

    await photos.remove(one)
    await photos.remove(one)
    assert [await photos.find(one, "full"), await photos.find(one, "card")] == [None, None]
    assert await shown(photos, other, "card") == PICTURES["card"]
    assert all(seconds <= 60 for seconds in storage.signed_for)


# The data directory


async def test_a_failing_disk_leaves_no_partial_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos, photo = Directory(tmp_path, PHOTOS), uuid4()

    def full(_file: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", full)
        with pytest.raises(PhotoStoreUnavailable):
            await photos.keep(photo, PICTURES)
        assert files_in(tmp_path) == set()
    await photos.keep(photo, PICTURES)  # the control: only the disk was at fault
    assert files_in(tmp_path) == {f"{photo}.full.webp", f"{photo}.card.webp"}

    (tmp_path / "file").write_bytes(b"")
    for nowhere in (Directory(tmp_path / "file", PHOTOS), Directory(tmp_path / "file" / "deeper", PHOTOS)):
        for attempt in (nowhere.keep(photo, PICTURES), nowhere.find(photo, "full")):
            with pytest.raises(PhotoStoreUnavailable):
                await attempt


async def test_removing_a_photo_also_removes_a_killed_process_s_partial_file(tmp_path: Path) -> None:
    photos, photo, other = Directory(tmp_path, PHOTOS), uuid4(), uuid4()
    await photos.keep(other, PICTURES)
    folder = tmp_path / str(photo)[-2:]
    folder.mkdir(exist_ok=True)
    (folder / f".{photo}.full.webp.0123456789abcdef").write_bytes(b"RI")

    await photos.remove(photo)

    assert files_in(tmp_path) == {f"{other}.full.webp", f"{other}.card.webp"}


# Supabase Storage

FAULTS: dict[str, Callable[[Received], bytes | None]] = {
    "down": lambda _: b"",
    "5xx": lambda _: reply(503, b"upstream is gone", "text/plain"),
    "5xx in JSON": lambda _: reply(500, b'{"statusCode": "500", "error": "InternalError", "message": "?"}'),
    "404 without a body": lambda _: reply(404),
    "no bucket": lambda _: reply(
        400, b'{"statusCode": "404", "error": "Bucket not found", "message": "Bucket not found"}'
    ),
    "key not accepted": lambda _: reply(
        400, b'{"statusCode": "403", "error": "Unauthorized", "message": "Invalid Compact JWS"}'
    ),
    "not JSON": lambda _: reply(200, b"<html>"),
    "an empty object": lambda _: reply(200, b"{}"),
    "a string": lambda _: reply(200, b'"yes"'),
    "cut off": lambda _: reply(200, b'{"Key": "photos/').replace(b"Length: 16", b"Length: 99"),
    "another place": lambda _: reply(
        200, json.dumps({"Key": "photos/other", "signedURL": "xhttps://elsewhere.example/a?token=1"}).encode()
    ),
    "a redirect": lambda _: reply(307).replace(b"Connection", b"Location: http://127.0.0.1:1/\r\nConnection"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failing_or_wrong_supabase_raises_photo_store_unavailable(
    storage: SupabaseStorageServer, fault: str
) -> None:
    photos, photo = SupabaseStorage(storage.url, KEY, "photos", PHOTOS), uuid4()
    await photos.keep(photo, PICTURES)
    storage.fails = FAULTS[fault]

    for attempt in (photos.keep(uuid4(), PICTURES), photos.find(photo, "full"), photos.remove(photo)):
        with pytest.raises(PhotoStoreUnavailable):
            await attempt

    storage.fails = lambda _: None  # the control: only Supabase was at fault
    assert await photos.find(photo, "full") is not None
    await photos.close()


@pytest.mark.parametrize("has_bucket", [False, True])
async def test_a_missing_bucket_is_an_unavailable_store(storage: SupabaseStorageServer, has_bucket: bool) -> None:
    """Supabase answers «Object not found» for a missing bucket as for a missing file; with a bucket, it is the file."""
    photos = SupabaseStorage(storage.url, KEY, "photos", PHOTOS)
    storage.has_bucket = has_bucket

    for attempt in (photos.find(uuid4(), "full"), photos.read(uuid4(), "full"), photos.remove(uuid4())):
        if has_bucket:
            assert await attempt is None
        else:
            with pytest.raises(PhotoStoreUnavailable):
                await attempt
    await photos.close()


async def test_a_silent_supabase_is_given_up_after_the_timeout(
    storage: SupabaseStorageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "STORE_SECONDS", 0.2)
    over = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    photos = SupabaseStorage(f"http://127.0.0.1:{port}", KEY, "photos", PHOTOS)
    await photos.files()  # beforehand, because importing the client takes longer than the timeout

    async with asyncio.timeout(10):
        for attempt in (photos.keep(uuid4(), PICTURES), photos.find(uuid4(), "full"), photos.remove(uuid4())):
            with pytest.raises(PhotoStoreUnavailable):
                await attempt
    await photos.close()
    over.set()
    server.close()


async def test_a_key_of_another_project_stores_nothing(storage: SupabaseStorageServer) -> None:
    photos = SupabaseStorage(storage.url, "sb_secret_of_somebody_else", "photos", PHOTOS)
    with pytest.raises(PhotoStoreUnavailable):
        await photos.keep(uuid4(), PICTURES)
    assert storage.asked == 1
    assert storage.kept == {}
    await photos.close()


def test_the_supabase_store_requires_an_address_a_key_and_a_valid_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_PHOTOS", "supabase")
    monkeypatch.setenv("SUPABASE_URL", "https://project.supabase.co")
    monkeypatch.delenv("SUPABASE_SECRET_KEY", raising=False)
    with pytest.raises(SettingsRefused, match="SUPABASE_SECRET_KEY"):
        Settings.checked()
    monkeypatch.setenv("SUPABASE_SECRET_KEY", KEY)
    assert Settings.checked().photos == "supabase"
    monkeypatch.setenv("SUPABASE_PHOTOS_BUCKET", "../other")
    with pytest.raises(SettingsRefused, match="SUPABASE_PHOTOS_BUCKET"):
        Settings.checked()
