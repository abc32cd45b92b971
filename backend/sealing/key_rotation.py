"""`ecopanier keys rotate`: rewrap every data key with the current master key. The sealed data does not change."""

from collections import Counter
from dataclasses import dataclass

import psycopg

from backend.sealing.seals import DataKey, Keyring, MasterKeyMissing, SealBroken

AT_ONCE = 1000


@dataclass(frozen=True)
class Rotated:
    """The result of a rotation.

    rewrapped: data keys that were rewrapped. left: data keys that could not be, counted by the master key that they
    need and the settings do not hold. broken: data keys that do not open with the master key that they name.
    """

    rewrapped: int
    left: Counter[str]
    broken: int


def rotate(worker_url: str, keys: Keyring) -> Rotated:
    """Rewrap the data keys that other master keys wrap, a thousand at a time, committing after each thousand.

    It may run while people enrol, sign in and read: every data key stays readable throughout. After an interruption,
    run it again to continue. A data key that cannot be opened does not stop the others. Raises psycopg.Error.
    """
    rewrapped = 0
    # Nothing is prepared, because behind PgBouncer the next statement may run on another connection to the server.
    with psycopg.connect(worker_url, autocommit=True, prepare_threshold=None) as connection:
        # Repeat until nothing is left to do: an id is drawn before its key is committed, so a pass over the ids in
        # order may miss a key that is committed late.
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
            assert done is not None  # noqa: S101  this function always returns a row
            rewrapped += done[0]
    return Rotated(rewrapped, left, broken)
