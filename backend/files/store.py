"""File stores for photos and documents: the data directory or Supabase Storage, behind one interface.

File names are made only of our own ids. A failing store raises the problem of its kind. Files that it may have stored
by then belong to a row that is still `coming`, so nobody sees them, and the jobs that remove orphans delete them.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from backend.problems.problem import Problem
from backend.settings import Settings

if TYPE_CHECKING:
    from storage3._async.file_api import AsyncBucketProxy
    from storage3.exceptions import StorageApiError
    from supabase import AsyncClient

SIGNED_SECONDS: Final = 60
STORE_SECONDS = 15.0
CONNECT_SECONDS = 5.0

log = structlog.get_logger("ecopanier.files")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that a store keeps: each thing has these parts, one file each, all of one media type.

    name: the kind's name, also of its folder. unavailable: the problem that a failing store raises. by_address:
    whether people are redirected to an address that Supabase signs; otherwise we serve the file ourselves, with our
    own headers.
    """

    name: str
    parts: tuple[str, ...]
    media_type: str
    ending: str
    unavailable: type[Problem]
    by_address: bool

    def file(self, thing: UUID, part: str) -> str:
        """Return the name of a thing's file."""
        return f"{thing}.{part}.{self.ending}"

    def fails(self, error: BaseException) -> Problem:
        """Log a store's error and return the problem to raise for it."""
        # The error's text may hold addresses and names, so only its type is logged.
        log.warning("file_store.failed", files=self.name, error=type(error).__name__)
        return self.unavailable()


class SignedUrl(str):
    """An address at which anyone who has it can fetch one file, for at most a minute."""


class FileStore(Protocol):
    """A store of one kind of files. All methods except `close` raise the kind's `unavailable` problem."""

    async def keep(self, thing: UUID, files: Mapping[Any, bytes]) -> None:
        """Store parts of a thing, replacing existing ones. They are stored durably once this returns."""

    async def find(self, thing: UUID, part: str) -> bytes | SignedUrl | None:
        """Return a file's content, or the address at which to fetch it; None if there is no such file."""

    async def read(self, thing: UUID, part: str) -> bytes | None:
        """Return a file's content; None if there is no such file."""

    async def remove(self, thing: UUID) -> None:
        """Remove all files of a thing. Missing files are ignored."""

    async def close(self) -> None:
        """Close the connections."""


def file_store(settings: Settings, kind: Kind, bucket: str) -> FileStore:
    """Return the store that the settings name. It connects at its first use."""
    if settings.photos == "supabase":
        assert settings.supabase_url is not None  # noqa: S101  the settings were checked for both
        assert settings.supabase_secret_key is not None  # noqa: S101
        return SupabaseStorage(settings.supabase_url, settings.supabase_secret_key.get_secret_value(), bucket, kind)
    return Directory(settings.data_dir / kind.name, kind)


class Directory:
    """Files in the data directory, spread over 256 folders by the last two digits of their ids, which are random."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder = folder
        self._kind = kind

    async def keep(self, thing: UUID, files: Mapping[Any, bytes]) -> None:
        try:
            await asyncio.to_thread(self._write, thing, files)
        except OSError as error:
            raise self._kind.fails(error) from error

    async def find(self, thing: UUID, part: str) -> bytes | SignedUrl | None:
        return await self.read(thing, part)

    async def read(self, thing: UUID, part: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self._path(thing, part).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._kind.fails(error) from error

    async def remove(self, thing: UUID) -> None:
        try:
            await asyncio.to_thread(self._unlink, thing)
        except OSError as error:
            raise self._kind.fails(error) from error

    async def close(self) -> None:
        pass

    def _path(self, thing: UUID, part: str) -> Path:
        return self._folder / str(thing)[-2:] / self._kind.file(thing, part)

    def _write(self, thing: UUID, files: Mapping[Any, bytes]) -> None:
        folder = self._folder / str(thing)[-2:]
        folder.mkdir(parents=True, exist_ok=True)
        for part, content in files.items():
            path = self._path(thing, part)
            # The file gets its name only once it is complete on disk, so that it is whole even after a power cut.
            draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
            try:
                with draft.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        _fsync_folder(folder)

    def _unlink(self, thing: UUID) -> None:
        folder = self._folder / str(thing)[-2:]
        # The second pattern finds drafts that a killed process left.
        for path in [*folder.glob(f"{thing}.*"), *folder.glob(f".{thing}.*")]:
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
    """A private bucket of a Supabase project."""

    def __init__(self, url: str, key: str, bucket: str, kind: Kind) -> None:
        self._url, self._key, self._bucket, self._kind = url, key, bucket, kind
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._bucket_seen = False

    async def keep(self, thing: UUID, files: Mapping[Any, bytes]) -> None:
        async with self._asked() as bucket:
            for part, content in files.items():
                name = self._kind.file(thing, part)
                stored = await bucket.upload(name, content, {"content-type": self._kind.media_type, "upsert": "true"})
                if getattr(stored, "full_path", None) != f"{self._bucket}/{name}":
                    raise ValueError("the file was stored under another name")

    async def find(self, thing: UUID, part: str) -> bytes | SignedUrl | None:
        from storage3.exceptions import StorageApiError

        if not self._kind.by_address:
            return await self.read(thing, part)
        name = self._kind.file(thing, part)
        async with self._asked() as bucket:
            try:
                signed = (await bucket.create_signed_url(name, SIGNED_SECONDS))["signedURL"]
            except StorageApiError as error:
                if await self._only_file_missing(error):
                    return None
                raise
            # People are redirected there, so it must be an address of the project.
            if not signed or urlsplit(signed)[:2] != urlsplit(self._url)[:2]:
                raise ValueError("the signed address is not one of the project's")
            return SignedUrl(signed)

    async def read(self, thing: UUID, part: str) -> bytes | None:
        from storage3.exceptions import StorageApiError

        async with self._asked() as bucket:
            try:
                return await bucket.download(self._kind.file(thing, part))
            except StorageApiError as error:
                if await self._only_file_missing(error):
                    return None
                raise

    async def remove(self, thing: UUID) -> None:
        async with self._asked() as bucket:
            removed = await bucket.remove([self._kind.file(thing, part) for part in self._kind.parts])
            if not isinstance(removed, list):
                raise ValueError("the answer does not list the removed files")
            if not removed:
                await self._require_bucket()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.storage.session.aclose()

    async def _only_file_missing(self, error: "StorageApiError") -> bool:
        """Return whether a file is missing in a bucket that exists. Raises StorageApiError if the bucket is missing.

        Supabase answers alike for both, because a file is looked up in its table whatever the bucket.
        """
        if str(error.status) != "404" or error.code not in ("not_found", "NoSuchKey"):
            return False
        await self._require_bucket()
        return True

    async def _require_bucket(self) -> None:
        """Ask once whether the bucket exists. Raises StorageApiError if it does not."""
        if not self._bucket_seen:
            await self.files()
            assert self._client is not None  # noqa: S101  files() connects
            await self._client.storage.get_bucket(self._bucket)
            self._bucket_seen = True

    async def files(self) -> "AsyncBucketProxy":
        """Return the bucket, connecting first if needed."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(partial(_client, self._url, self._key))
        return self._client.storage.from_(self._bucket)

    @asynccontextmanager
    async def _asked(self) -> "AsyncIterator[AsyncBucketProxy]":
        """Yield the bucket for a call to Supabase, bounded in time. Every error becomes the kind's problem."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                yield await self.files()
        except Exception as error:  # httpx and storage3 share no base class, and a wrong answer may fail anywhere
            raise self._kind.fails(error) from error


def _client(url: str, key: str) -> "AsyncClient":
    """Return a new client. The import takes a second, so it is done here and not at start-up."""
    import httpx
    from supabase import AsyncClient, AsyncClientOptions

    limits = httpx.Timeout(STORE_SECONDS, connect=CONNECT_SECONDS)
    transport = httpx.AsyncClient(timeout=limits, trust_env=False)
    options = AsyncClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=transport)
    return AsyncClient(url, key, options)
