"""Change one's e-mail address: ask for it, confirm the new address, and take the change back from the old one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.actions import MAIL_WINDOW_SECONDS, MOST_MAILS, bucket, mail_bucket, refuse_too_many
from backend.accounts.confirmations import code_hash
from backend.accounts.holders import confirm_holder
from backend.accounts.problems import InvalidOneTimeToken
from backend.accounts.tokens import derived_token, token_hash
from backend.database.acts import Acts
from backend.database.sessions import call
from backend.email_changes.problems import CodeNeeded
from backend.email_changes.schemas import (
    EmailChangeIn,
    EmailConfirmationIn,
    OwnEmailOut,
    RevokedOut,
    WaitingChange,
)
from backend.sealing.seals import SEALED_ADDRESS, address_look_up, keyring
from backend.second_factors.actions import Proof, compared
from backend.second_factors.schemas import OneCode
from backend.settings import Settings, settings


@dataclass(frozen=True)
class OwnChange:
    """A change of the caller's address, opened. old_email: None before the change, and if it was not confirmed."""

    email: str
    old_email: str | None
    asked_at: datetime
    changed_at: datetime | None
    ends_at: datetime


async def own_changes(session: AsyncSession, account_id: UUID, why: str) -> list[OwnChange]:
    """Return the caller's changes of address that still count, the newest first.

    why: the reason for the audit entry of opening a beneficiary's address: a word of lower-case letters and
    underscores.
    """
    rows = (await session.execute(text("select * from app.own_email_changes(:why)"), {"why": why})).all()
    found = []
    for row in rows:
        key = keyring().data_key(account_id, row.wrapped, row.master_key)
        old = key.open(SEALED_ADDRESS, row.old_sealed).decode() if row.old_sealed is not None else row.old_email
        email = key.open(SEALED_ADDRESS, row.sealed).decode()
        found.append(OwnChange(email, old, row.asked_at, row.changed_at, row.ends_at))
    return found


async def own_email(session: AsyncSession, account_id: UUID) -> OwnEmailOut:
    """Return the change of the caller's address that waits for its confirmation, if any."""
    for change in await own_changes(session, account_id, "email_change"):
        if change.changed_at is None:
            waiting = WaitingChange(email=change.email, asked_at=change.asked_at, ends_at=change.ends_at)
            return OwnEmailOut(waiting=waiting)
    return OwnEmailOut(waiting=None)


async def ask_change(acts: Acts, account_id: UUID, wanted: EmailChangeIn, client: str) -> None:
    """Keep a change of address until it is confirmed, and queue the mails to the new address and the old one.

    client: the caller's network address, whose tries of codes count. Raises WrongPassword, TooManyTries, TryAgain,
    CodeNeeded, WrongSecondFactor, SecondFactorLocked; and RateLimited when too many mails were asked for at this
    address.
    """
    await confirm_holder(acts, account_id, wanted.password, change="email-change")
    counted = await acts.row(
        "throttle",
        tried=mail_bucket("email-change", wanted.email),
        most=MOST_MAILS,
        window_seconds=MAIL_WINDOW_SECONDS,
    )
    refuse_too_many("mails", MOST_MAILS, MAIL_WINDOW_SECONDS, counted["tries_left"], counted["resets"])
    proof = await _proof(acts, account_id, wanted, client)
    offered = keyring().new_data_key(account_id)
    held = await acts.row(
        "hold_own_data_key", caller=account_id, offered=offered.wrapped, offered_master_key=offered.master_key
    )
    key = keyring().data_key(account_id, held["wrapped"], held["master_key"])
    change = uuid4()
    await acts.value(
        "ask_email_change",
        caller=account_id,
        change=change,
        new_lookup=address_look_up(keyring(), wanted.email),
        new_sealed=key.seal(SEALED_ADDRESS, wanted.email.encode()),
        new_revoke_hash=token_hash(revoking_token(settings(), change)),
        factor=proof.factor if proof else None,
        step=proof.step if proof else None,
        recovery=proof.recovery if proof else None,
        emptied=proof.emptied if proof else [],
        given_back=proof.given_back if proof else [],
    )


async def _proof(acts: Acts, account_id: UUID, wanted: EmailChangeIn, client: str) -> Proof | None:
    """Return the compared code of the account's second factor; None if it has no factor."""
    if not await acts.value("has_second_factor", account=account_id):
        return None
    if wanted.code is None and wanted.recovery_code is None:
        raise CodeNeeded
    given = OneCode(code=wanted.code, recovery_code=wanted.recovery_code)
    return await compared(acts, account_id, given, client, active=True)


async def confirm_change(acts: Acts, account_id: UUID, session_id: UUID | None, wanted: EmailConfirmationIn) -> None:
    """Make the new address the account's, for the code or the token that was mailed to it.

    session_id: the caller's sign-in, the only one that goes on. Raises InvalidOneTimeToken, with `tries_left` for a
    code. The database raises EmailTaken.
    """
    tries = bucket(f"email-code:{account_id}")
    found = await acts.row(
        "find_email_change",
        caller=account_id,
        held=token_hash(wanted.token) if wanted.token is not None else None,
        given_code=code_hash(settings(), account_id.bytes, wanted.code or ""),
        code_bucket=tries,
    )
    if found["change"] is None:
        raise InvalidOneTimeToken(**({} if found["tries_left"] is None else {"tries_left": found["tries_left"]}))
    key = keyring().data_key(account_id, found["wrapped"], found["master_key"])
    present: str | None = found["present_address"]
    await acts.value(
        "change_email",
        caller=account_id,
        change=found["change"],
        new_address=key.open(SEALED_ADDRESS, found["sealed"]).decode(),
        present_address=present,
        present_lookup=address_look_up(keyring(), present) if present is not None else None,
        staying=session_id,
        emptied=[tries],
    )


async def revoke_change(acts: Acts, session: AsyncSession, token: str) -> RevokedOut:
    """Take a change back, for the token that was mailed to the old address; all sessions of the account end.

    The database raises InvalidOneTimeToken, EmailTaken.
    """
    held = token_hash(token)
    found = await acts.row("find_revocable_change", held=held)
    old: str | None = found["old_email"]
    if found["old_sealed"] is not None:
        key = keyring().data_key(found["account"], found["wrapped"], found["master_key"])
        old = key.open(SEALED_ADDRESS, found["old_sealed"]).decode()
    return RevokedOut(restored=await call(session, "revoke_email_change", held=held, old_address=old))


def revoking_token(chosen: Settings, change: UUID) -> str:
    """Return the token with which the old address takes a change back: the same in each mail about it."""
    return derived_token(chosen.derived_key("one-time-tokens"), "revoke-email-change", str(change))
