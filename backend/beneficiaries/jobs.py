"""Mails about rights that end and transfers, without names; keyed hashes, computed anew when their method changes."""

from datetime import date
from uuid import UUID

import structlog
from pydantic_core import from_json

from backend.accounts.addressees import mail_account
from backend.job_context import Work
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import SEALED_PERSON, SealBroken, keyring

ASSOCIATIONS = 20  # per call of the act
PERSONS = 200  # opened at once
log = structlog.get_logger("ecopanier.beneficiaries")


async def remind(work: Work) -> None:
    """Queue the mails about rights that end in 30 or in 7 days, each mail once."""
    while await work.acts.value("remind_of_rights", most=ASSOCIATIONS):
        pass


async def remind_association(
    work: Work, association_id: UUID, rights: int, first: date, last: date, job_id: int
) -> None:
    """Tell an association how many rights end, and between which days.

    Raises MailNotSent, so that the job is tried again.
    """
    await mail_account(
        work,
        await work.acts.value("who_answers", subject=association_id),
        "rights_end",
        necessary=False,
        message_key=str(job_id),
        rights=rights,
        first=first,
        last=last,
    )


async def remind_beneficiary(work: Work, beneficiary_id: UUID, job_id: int) -> None:
    """Tell a beneficiary when their right ends, unless it has been renewed meanwhile.

    Raises MailNotSent, so that the job is tried again.
    """
    until: date | None = await work.acts.value("right_to_remind_of", beneficiary=beneficiary_id)
    if until is not None:
        await mail_account(work, beneficiary_id, "right_ends", necessary=False, message_key=str(job_id), until=until)


async def tell_transfer(work: Work, transfer_id: UUID, account_id: UUID, stage: str) -> None:
    """Tell one of the associations, the person or an admin of a transfer that was asked for or accepted.

    stage: the transfer's status that the mail is about; nothing is sent once it has another. The mail to associations
    and admins shows the person's code. Raises MailNotSent, so that the job is tried again.
    """
    told = await work.acts.row("transfer_to_tell", transfer=transfer_id, stage=stage)
    if told["code"] is None:
        return
    await mail_account(
        work,
        await work.acts.value("who_answers", subject=account_id),
        "transfer_of_yours" if account_id == told["beneficiary_id"] else "transfer",
        message_key=f"{transfer_id} {account_id} {stage}",
        accepted=stage == "accepted",
        code=told["code"],
        giver=told["giver"],
        receiver=told["receiver"],
        to_receiver=account_id == told["receiver_id"],
        to_admin=account_id not in {told["giver_id"], told["receiver_id"]},
        waits_for=told["waits_for"],
    )


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
