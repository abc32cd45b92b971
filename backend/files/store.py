"""Where files are: one interface, kept by the data directory or by Supabase Storage, for photos and for documents.

Names are made of our own ids alone. A store that fails raises the problem of its kind; what it may have kept by then
belongs to a row that is still `coming`, so nobody sees it and the orphans' jobs remove it.
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
    from supabase import AsyncClient

SIGNED_SECONDS: Final = 60
STORE_SECONDS = 15.0
CONNECT_SECONDS = 5.0

log = structlog.get_logger("ecopanier.files")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a store keeps: of each thing these parts, all of one media type.

    name: also that of its folder. unavailable: the problem of a store that fails. by_address: whether people fetch a
    file from an address that Supabase signs; otherwise it is read here, and the answer's headers are ours.
    """

    name: str
    parts: tuple[str, ...]
    media_type: str
    ending: str
    unavailable: type[Problem]
    by_address: bool

    def file(self, thing: UUID, part: str) -> str:
        """Give the name of a file."""
        return f"{thing}.{part}.{self.ending}"

    def fails(self, error: BaseException) -> Problem:
        """Make one problem of whatever went wrong."""
        # Its text may hold addresses and names; the kind is enough to look further.
        log.warning("files.store_unavailable", files=self.name, error=type(error).__name__)
        return self.unavailable()


class SignedUrl(str):
    """An address that shows one file to whoever has it, for at most a minute."""


class FileStore(Protocol):
    """All of them raise the `unavailable` of their kind."""

    async def keep(self, thing: UUID, files: Mapping[Any, bytes]) -> None:
        """Store parts of a thing, in the place of what may be there; they are safe once this returns."""

    async def find(self, thing: UUID, part: str) -> bytes | SignedUrl | None:
        """Give a file or where it is to be fetched; None when it is not there."""

    async def read(self, thing: UUID, part: str) -> bytes | None:
        """Give a file as it is, wherever it lies; None when it is not there."""

    async def remove(self, thing: UUID) -> None:
        """Remove whatever is there of a thing; nothing is no mistake."""

    async def close(self) -> None:
        """Let go of connections."""


def file_store(settings: Settings, kind: Kind, bucket: str) -> FileStore:
    """Give the store that the settings name; it connects when it is first used."""
    if settings.photos == "supabase":
        assert settings.supabase_url is not None  # noqa: S101  the settings refuse to be without
        assert settings.supabase_secret_key is not None  # noqa: S101
        return SupabaseStorage(settings.supabase_url, settings.supabase_secret_key.get_secret_value(), bucket, kind)
    return Directory(settings.data_dir / kind.name, kind)


class Directory:
    """Files in the data directory, spread over 256 folders by the random end of their ids."""

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
            # Under its own name only when it is whole, and after a power cut too.
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
        # Also what a process that was killed had begun to write.
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

    async def keep(self, thing: UUID, files: Mapping[Any, bytes]) -> None:
        async with self._asked() as bucket:
            for part, content in files.items():
                name = self._kind.file(thing, part)
                stored = await bucket.upload(name, content, {"content-type": self._kind.media_type, "upsert": "true"})
                if getattr(stored, "full_path", None) != f"{self._bucket}/{name}":
                    raise ValueError("another name was stored")

    async def find(self, thing: UUID, part: str) -> bytes | SignedUrl | None:
        from storage3.exceptions import StorageApiError

        if not self._kind.by_address:
            return await self.read(thing, part)
        name = self._kind.file(thing, part)
        async with self._asked() as bucket:
            try:
                signed = (await bucket.create_signed_url(name, SIGNED_SECONDS))["signedURL"]
            except StorageApiError as error:
                if str(error.status) == "404" and error.code == "not_found":  # the object, not the bucket
                    return None
                raise
            # People are sent there: nowhere but to the project.
            if not signed or urlsplit(signed)[:2] != urlsplit(self._url)[:2]:
                raise ValueError("the address leads elsewhere")
            return SignedUrl(signed)

    async def read(self, thing: UUID, part: str) -> bytes | None:
        from storage3.exceptions import StorageApiError

        async with self._asked() as bucket:
            try:
                return await bucket.download(self._kind.file(thing, part))
            except StorageApiError as error:
                if str(error.status) == "404" and error.code == "not_found":
                    return None
                raise

    async def remove(self, thing: UUID) -> None:
        async with self._asked() as bucket:
            removed = await bucket.remove([self._kind.file(thing, part) for part in self._kind.parts])
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
    async def _asked(self) -> "AsyncIterator[AsyncBucketProxy]":
        """Ask Supabase within a time limit, and make one problem of whatever goes wrong there."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                yield await self.files()
        except Exception as error:  # httpx and storage3 have no common base, and a lying answer may fail anywhere
            raise self._kind.fails(error) from error


def _client(url: str, key: str) -> "AsyncClient":
    """Make the client. It is imported here, because that takes a second that few need at start-up."""
    import httpx
    from supabase import AsyncClient, AsyncClientOptions

    limits = httpx.Timeout(STORE_SECONDS, connect=CONNECT_SECONDS)
    transport = httpx.AsyncClient(timeout=limits, trust_env=False)
    options = AsyncClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=transport)
    return AsyncClient(url, key, options)
