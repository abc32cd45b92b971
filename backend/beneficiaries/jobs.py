"""Reminders of rights that end; keyed hashes, computed anew when their method changes."""

from uuid import UUID

import structlog
from pydantic_core import from_json

from backend.job_context import Work
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import SEALED_PERSON, SealBroken, keyring

ASSOCIATIONS = 20  # per call of the act
PERSONS = 200  # opened at once
log = structlog.get_logger("ecopanier.beneficiaries")


async def remind(work: Work) -> None:
    """Tell of rights that end in 30 or in 7 days, once each."""
    while await work.acts.value("remind_of_rights", most=ASSOCIATIONS):
        pass


async def renew_identities(work: Work) -> None:
    """Compute anew the keyed hashes that an earlier method made, from the names that it opens for that.

    It may run while people are enrolled, sought and corrected, and twice at once. After an interruption the next run
    goes on: a person whose hash is stored is not opened again. A person who does not open does not stop the others.
    """
    keys = keyring(work.settings)
    renewed = alike = broken = 0
    beyond: UUID | None = None
    while persons := await work.acts.rows(
        "identities_to_renew", present_method=METHOD, master_keys=keys.names, beyond=beyond, most=PERSONS
    ):
        for person in persons:
            beyond = person["beneficiary_id"]
            try:
                key = keys.data_key(beyond, person["wrapped"], person["master_key"])
                known = from_json(key.open(SEALED_PERSON, person["sealed"]))
            except SealBroken:
                broken += 1
                continue
            identity = identity_of(keys, known["first_name"], known["last_name"], known["birth_date"])
            shared: bool | None = await work.acts.value(
                "renew_identity",
                beneficiary=beyond,
                sealed_before=person["sealed"],
                new_identity=identity.present,
                present_method=METHOD,
            )
            renewed += shared is not None
            alike += bool(shared)
    if renewed or broken:
        log.info("identities.renewed", renewed=renewed, alike=alike, broken=broken)
