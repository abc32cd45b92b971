"""Where the pictures of photos are: one interface, kept by the data directory or by Supabase Storage.

Names are made of our own ids alone. A store that fails says so by PhotoStoreUnavailable; what it may have kept by then
belongs to a row that is still `coming`, so nobody sees it and the orphans' job removes it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, get_args
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from backend.photos.facts import PhotoStoreUnavailable
from backend.photos.pictures import Encoded, Size
from backend.settings import Settings

if TYPE_CHECKING:
    from storage3._async.file_api import AsyncBucketProxy
    from supabase import AsyncClient

SIZES: Final[tuple[Size, ...]] = get_args(Size)
WEBP: Final = "image/webp"
SIGNED_SECONDS = 60
STORE_SECONDS = 15.0
CONNECT_SECONDS = 5.0

log = structlog.get_logger("ecopanier.photos")


class SignedUrl(str):
    """An address that shows one picture to whoever has it, for at most a minute."""


class PhotoStore(Protocol):
    """All of them raise PhotoStoreUnavailable."""

    async def keep(self, photo_id: UUID, encoded: Encoded) -> None:
        """Store both sizes of a photo, in the place of what may be there; they are safe once this returns."""

    async def find(self, photo_id: UUID, size: Size) -> bytes | SignedUrl | None:
        """Give a picture or where it is to be fetched; None when it is not there."""

    async def remove(self, photo_id: UUID) -> None:
        """Remove whatever is there of a photo; nothing is no mistake."""

    async def close(self) -> None:
        """Let go of connections."""


def photo_store_of(settings: Settings) -> PhotoStore:
    """Give the store that the settings name; it connects when it is first used."""
    if settings.photos == "supabase":
        assert settings.supabase_url is not None  # noqa: S101  the settings refuse to be without
        assert settings.supabase_secret_key is not None  # noqa: S101
        key = settings.supabase_secret_key.get_secret_value()
        return SupabaseStorage(settings.supabase_url, key, settings.supabase_photos_bucket)
    return Directory(settings.data_dir / "photos")


class Directory:
    """Files in the data directory, spread over 256 folders by the random end of their ids."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, photo_id: UUID, encoded: Encoded) -> None:
        try:
            await asyncio.to_thread(self._write, photo_id, encoded)
        except OSError as error:
            raise _unavailable(error) from error

    async def find(self, photo_id: UUID, size: Size) -> bytes | SignedUrl | None:
        try:
            return await asyncio.to_thread(self._path(photo_id, size).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(error) from error

    async def remove(self, photo_id: UUID) -> None:
        try:
            await asyncio.to_thread(self._unlink, photo_id)
        except OSError as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        pass

    def _path(self, photo_id: UUID, size: Size) -> Path:
        name = str(photo_id)
        return self._folder / name[-2:] / f"{name}.{size}.webp"

    def _write(self, photo_id: UUID, encoded: Encoded) -> None:
        for size, picture in encoded.items():
            path = self._path(photo_id, size)
            path.parent.mkdir(parents=True, exist_ok=True)
            # Under its own name only when it is whole, and after a power cut too.
            draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
            try:
                with draft.open("xb") as file:
                    file.write(picture)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        _fsync_folder(self._path(photo_id, "full").parent)

    def _unlink(self, photo_id: UUID) -> None:
        folder = self._path(photo_id, "full").parent
        # Also what a process that was killed had begun to write.
        for path in [*folder.glob(f"{photo_id}.*"), *folder.glob(f".{photo_id}.*")]:
            path.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            _fsync_folder(folder)


def _fsync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class SupabaseStorage:
    """A private bucket of a Supabase project; pictures are shown by addresses that it signs."""

    def __init__(self, url: str, key: str, bucket: str) -> None:
        self._url, self._key, self._bucket = url, key, bucket
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def keep(self, photo_id: UUID, encoded: Encoded) -> None:
        async with _asked(self) as files:
            for size, picture in encoded.items():
                name = _name(photo_id, size)
                stored = await files.upload(name, picture, {"content-type": WEBP, "upsert": "true"})
                if getattr(stored, "full_path", None) != f"{self._bucket}/{name}":
                    raise ValueError("another name was stored")

    async def find(self, photo_id: UUID, size: Size) -> bytes | SignedUrl | None:
        from storage3.exceptions import StorageApiError

        async with _asked(self) as files:
            try:
                signed = (await files.create_signed_url(_name(photo_id, size), SIGNED_SECONDS))["signedURL"]
            except StorageApiError as error:
                if str(error.status) == "404" and error.code == "not_found":  # the object, not the bucket
                    return None
                raise
            # People are sent there: nowhere but to the project.
            if not signed or urlsplit(signed)[:2] != urlsplit(self._url)[:2]:
                raise ValueError("the address leads elsewhere")
            return SignedUrl(signed)

    async def remove(self, photo_id: UUID) -> None:
        async with _asked(self) as files:
            removed = await files.remove([_name(photo_id, size) for size in SIZES])
            if not isinstance(removed, list):
                raise ValueError("it does not say what was removed")

    async def close(self) -> None:
        if self._client is not None:
            await self._client.storage.session.aclose()

    async def files(self) -> "AsyncBucketProxy":
        """Give the bucket, connecting where that was not done yet."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(partial(_client, self._url, self._key))
        return self._client.storage.from_(self._bucket)


@asynccontextmanager
async def _asked(storage: SupabaseStorage) -> "AsyncIterator[AsyncBucketProxy]":
    """Ask Supabase within a time limit, and make one fact of whatever goes wrong there."""
    try:
        async with asyncio.timeout(STORE_SECONDS):
            yield await storage.files()
    except Exception as error:  # httpx and storage3 have no common base, and an answer that lies may fail anywhere
        raise _unavailable(error) from error


def _name(photo_id: UUID, size: Size) -> str:
    return f"{photo_id}.{size}.webp"


def _client(url: str, key: str) -> "AsyncClient":
    """Make the client. It is imported here, because that takes a second that few need at start-up."""
    import httpx
    from supabase import AsyncClient, AsyncClientOptions

    limits = httpx.Timeout(STORE_SECONDS, connect=CONNECT_SECONDS)
    transport = httpx.AsyncClient(timeout=limits, trust_env=False)
    options = AsyncClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=transport)
    return AsyncClient(url, key, options)


def _unavailable(error: BaseException) -> PhotoStoreUnavailable:
    # Its text may hold addresses and names; the kind is enough to look further.
    log.warning("photos.store_unavailable", error=type(error).__name__)
    return PhotoStoreUnavailable()
