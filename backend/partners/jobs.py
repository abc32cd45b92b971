"""The job that enrols a batch of people, some hundred at a time, each time in a transaction of its own.

A worker that dies has done a step or nothing, and the job, which is tried again, goes on with the next person.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from backend.job_context import Work
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import SEALED_PERSON, Keyring, keyring, opened_json, sealed_json

AT_ONCE = 500
log = structlog.get_logger("ecopanier.partners")


async def enrol(work: Work, batch_id: UUID) -> None:
    """Enrol everybody in a batch who has no outcome yet."""
    keys = keyring(work.settings)
    while True:
        rows = await work.acts.rows("batch_corrections", batch=batch_id, most=AT_ONCE)
        corrected = [one for row in rows if (one := _corrected(keys, row)) is not None]
        left: int = await work.acts.value(
            "enrol_batch",
            batch=batch_id,
            most=AT_ONCE,
            corrected=_column(corrected, 0),
            before=_column(corrected, 1),
            new_household_sizes=_column(corrected, 2),
            new_sealed=_column(corrected, 3),
            new_identities=_column(corrected, 4),
            new_former_identities=_column(corrected, 5),
            method=METHOD,
        )
        if not left:
            log.info("partners.enrolled", batch=str(batch_id))
            return


def _corrected(keys: Keyring, row: Any) -> tuple[Any, ...] | None:
    """Return what is to be kept of a person whose data changed, sealed with their own key; None if nothing did."""
    sent_key = keys.data_key(row["sent_id"], row["sent_wrapped"], row["sent_master_key"])
    own_key = keys.data_key(row["beneficiary"], row["held_wrapped"], row["held_master_key"])
    sent: Any = opened_json(sent_key, SEALED_PERSON, row["sent"])
    held: Any = opened_json(own_key, SEALED_PERSON, row["held"])
    if sent == held and row["sent_household_size"] == row["held_household_size"]:
        return None
    identity = identity_of(keys, sent["first_name"], sent["last_name"], sent["birth_date"])
    sealed = sealed_json(own_key, SEALED_PERSON, sent)
    return row["place"], row["held"], row["sent_household_size"], sealed, identity.present, identity.former


def _column(rows: Sequence[tuple[Any, ...]], number: int) -> list[Any]:
    return [row[number] for row in rows]
