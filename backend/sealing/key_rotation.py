"""`ecopanier keys rotate`: wrap every data key by the present master key. What they seal stays as it is."""

from collections import Counter
from dataclasses import dataclass

import psycopg

from backend.sealing.seals import DataKey, Keyring, MasterKeyMissing, SealBroken

AT_ONCE = 1000


@dataclass(frozen=True)
class Rotated:
    """How many data keys were wrapped anew, how many wait for which master key that the settings do not hold, and how
    many do not open with the one that they name.
    """

    rewrapped: int
    left: Counter[str]
    broken: int


def rotate(worker_url: str, keys: Keyring) -> Rotated:
    """Wrap anew what another master key wraps, a thousand at a time, each thousand committed.

    While others enrol, sign in and read: a data key is readable before, at and after its turn. Interrupted, it goes on
    where it was. One that cannot be opened stands in the way of no other. Raises psycopg.Error.
    """
    rewrapped = 0
    with psycopg.connect(worker_url, autocommit=True) as connection:
        # Again, until nothing is left to do: an id is drawn before its key is committed, and may be behind us by then.
        while (done := _once_through(connection, keys)).rewrapped:
            rewrapped += done.rewrapped
    return Rotated(rewrapped, done.left, done.broken)


def _once_through(connection: psycopg.Connection, keys: Keyring) -> Rotated:
    rewrapped, left, broken, beyond = 0, Counter[str](), 0, None
    while rows := connection.execute(
        "select * from app.keys_to_rewrap(%s, %s, %s)", [keys.current, beyond, AT_ONCE]
    ).fetchall():
        beyond = rows[-1][0]
        held: list[DataKey] = []
        for account_id, wrapped, master_key in rows:
            try:
                held.append(keys.data_key(account_id, bytes(wrapped), master_key))
            except MasterKeyMissing:
                left[master_key] += 1
            except SealBroken:
                broken += 1
        if held:
            done = connection.execute(
                "select app.rewrap_keys(%s, %s, %s, %s)",
                [
                    [key.account_id for key in held],
                    [key.wrapped for key in held],
                    [keys.rewrapped(key).wrapped for key in held],
                    keys.current,
                ],
            ).fetchone()
            assert done is not None  # noqa: S101  a function gives its row
            rewrapped += done[0]
    return Rotated(rewrapped, left, broken)
