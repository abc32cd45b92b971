"""A stand-in for Supabase Storage over HTTP: one private bucket that answers the requests of storage3.

Paths, headers and answers are those of github.com/supabase/storage (`/object`, `/object/sign`).
A test sets `fails` to make it misbehave.
"""

import email
import email.policy
import json
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from tests.listener import Listener, Received, reply

KEY = "sb_secret_for_tests_alone"
OBJECT, SIGN, BUCKET = "/storage/v1/object/", "/storage/v1/object/sign/", "/storage/v1/bucket/"
BUCKET_FIELDS = {
    "created_at": "2026-11-01T08:00:00.000Z",
    "updated_at": "2026-11-01T08:00:00.000Z",
    "file_size_limit": None,
    "allowed_mime_types": None,
}


class SupabaseStorageServer:
    """Holds objects: `async with SupabaseStorageServer() as storage`; `storage.kept` maps names to objects."""

    def __init__(self, bucket: str = "photos") -> None:
        self.bucket = bucket
        self.kept: dict[str, tuple[str, bytes]] = {}
        self.signed_for: list[int] = []
        self.fails: Callable[[Received], bytes | None] = lambda _received: None
        self.has_bucket = True
        self._listener = Listener(self._answer)

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        self.url = self._listener.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(kind, error, trace)

    @property
    def asked(self) -> int:
        """The number of requests received."""
        return len(self._listener.received)

    def _answer(self, received: Received) -> bytes:
        if (failure := self.fails(received)) is not None:
            return failure
        path, _, query = received.path.partition("?")
        if received.method == "GET" and path.startswith(SIGN):  # the signed address is enough, without a key
            name = path.removeprefix(f"{SIGN}{self.bucket}/")
            return reply(200, self.kept[name][1], self.kept[name][0]) if query == f"token={name}" else _refusal(400)
        if received.headers.get("authorization") != f"Bearer {KEY}" or received.headers.get("apikey") != KEY:
            return _refusal(403, "Unauthorized", "new row violates row-level security policy")
        if received.method == "GET" and path == f"{BUCKET}{self.bucket}":
            if not self.has_bucket:
                return _refusal(404, "Bucket not found", "Bucket not found")
            return _said({"id": self.bucket, "name": self.bucket, "owner": "", "public": False, **BUCKET_FIELDS})
        if received.method == "POST" and path.startswith(SIGN):
            return self._sign(path.removeprefix(SIGN), received)
        if received.method == "POST" and path.startswith(OBJECT):
            return self._keep(path.removeprefix(OBJECT), received)
        if received.method == "GET" and path.startswith(OBJECT):
            name = path.removeprefix(f"{OBJECT}{self.bucket}/")
            return (
                reply(200, self.kept[name][1], self.kept[name][0]) if name in self.kept else _refusal(404, "not_found")
            )
        if received.method == "DELETE" and path == f"{OBJECT}{self.bucket}":
            gone = [name for name in json.loads(received.body)["prefixes"] if self.kept.pop(name, None)]
            return _said([{"name": name, "bucket_id": self.bucket} for name in gone])
        return _refusal(404, "Not Found", f"Route {received.method}:{path} not found")

    def _keep(self, path: str, received: Received) -> bytes:
        bucket, _, name = path.partition("/")
        if bucket != self.bucket:
            return _refusal(404, "Bucket not found", "Bucket not found")
        if name in self.kept and received.headers.get("x-upsert") != "true":
            return _refusal(409, "Duplicate", "The resource already exists")
        head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
        form = email.message_from_bytes(head + received.body, policy=email.policy.HTTP)
        (file,) = (part for part in form.iter_parts() if part.get_filename())
        self.kept[name] = (file.get_content_type(), cast(bytes, file.get_payload(decode=True)))
        return _said({"Id": "0", "Key": f"{bucket}/{name}"})

    def _sign(self, path: str, received: Received) -> bytes:
        bucket, _, name = path.partition("/")
        if bucket != self.bucket:
            return _refusal(404, "Bucket not found", "Bucket not found")
        if name not in self.kept:
            return _refusal(404, "not_found", "Object not found")
        self.signed_for.append(int(json.loads(received.body)["expiresIn"]))
        return _said({"signedURL": f"/object/sign/{path}?token={name}"})


def _said(answer: object) -> bytes:
    return reply(200, json.dumps(answer).encode())


def _refusal(status: int, error: str = "InvalidJWT", message: str = "jwt expired") -> bytes:
    """Refuse as Supabase Storage does: most refusals are a 400 over HTTP, with the real status in the body."""
    return reply(400, json.dumps({"statusCode": str(status), "error": error, "message": message}).encode())
