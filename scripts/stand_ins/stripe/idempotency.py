"""Idempotency keys: every request with a key gets the first answer that was given to this key."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scripts.stand_ins.stripe.refusals import Refusal
from scripts.stand_ins.stripe.store import Store

_SCHEMA = """
create table if not exists answers (
    key text primary key, fingerprint text not null,
    status integer not null, body text not null, request_id text not null
);
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. request_id: of the request that it was first given to; another one if this is a replay."""

    status: int
    body: dict[str, Any]
    request_id: str


def fingerprint(method: str, path: str, form: dict[str, Any]) -> str:
    """Return a hash that is equal for two requests if they may share a key."""
    return hashlib.sha256(json.dumps([method, path, form], sort_keys=True).encode()).hexdigest()


class Answers:
    """The answers kept by key. An answer and its effects are stored in one transaction."""

    def __init__(self, store: Store) -> None:
        self._db = store.db
        self._in_flight: set[str] = set()
        self._db.executescript(_SCHEMA)

    @contextmanager
    def in_flight(self, key: str | None) -> Iterator[None]:
        """Hold the key while a request is handled. A second request with the key gets 409 at once."""
        if key is None:
            yield
            return
        if len(key) > 255:
            raise Refusal(400, "Idempotency keys can be up to 255 characters long.", kind="idempotency_error")
        if key in self._in_flight:
            raise Refusal(
                409,
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        self._in_flight.add(key)
        try:
            yield
        finally:
            self._in_flight.remove(key)

    def kept(self, key: str | None, fingerprint: str) -> Answer | None:
        row = self._db.execute("select * from answers where key = ?", (key,)).fetchone()
        if row is None:
            return None
        if row["fingerprint"] != fingerprint:
            raise Refusal(
                400,
                "Keys for idempotent requests can only be used with the same endpoint and parameters they were first "
                f"used with. Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        return Answer(row["status"], json.loads(row["body"]), row["request_id"])

    def keep(self, key: str | None, fingerprint: str, answer: Answer) -> None:
        if key is not None:
            self._db.execute(
                "insert into answers values (?, ?, ?, ?, ?)",
                (key, fingerprint, answer.status, json.dumps(answer.body), answer.request_id),
            )

    def forget(self) -> None:
        """Forget all keys, as Stripe may after 24 hours."""
        self._db.execute("delete from answers")
