"""Reads of the caller's own account, under row-level security."""

from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.models import Account
from backend.accounts.schemas import BeneficiaryRight, MeOut, NoShows, SessionOut, SessionsOut
from backend.database.sessions import caller_in
from backend.http.etags import MOST_REVISION
from backend.identity.tokens import Role
from backend.problems.texts import Language, no_show_text
from backend.sealing.seals import SEALED_ADDRESS, keyring

# Raw SQL, because accounts may not import beneficiaries, a feature above this one. Their policies show the caller only
# their own row.
_OWN_RIGHT = text("""
    select b.code, b.status, b.eligible_until, app.caller_is_current_beneficiary() as current,
           q.quota as quota_today, q.portions_left as portions_left_today, q.renews_at as quota_renews_at,
           q.no_shows, q.lowered, q.forgiven_on
    from app.beneficiaries b cross join app.own_quota() q where b.id = :account
""")


async def own_account(session: AsyncSession, *, to_change: bool = False) -> Account:
    """Return the caller's account. to_change: lock its row."""
    return await session.get_one(Account, caller_in(session), with_for_update=to_change or None)


async def own_address(session: AsyncSession, account: Account, why: str) -> tuple[str | None, bool]:
    """Return an account's own e-mail address and whether it is confirmed.

    A beneficiary's address is sealed; opening it leaves an entry in the audit log. why: the reason for that entry, a
    word of lower-case letters and underscores.
    """
    if account.role != Role.BENEFICIARY:
        return account.email, account.email_verified_at is not None
    row = (await session.execute(text("select * from app.open_own_address(:why)"), {"why": why})).one_or_none()
    if row is None:
        return None, False
    key = keyring().data_key(account.id, row.wrapped, row.master_key)
    return key.open(SEALED_ADDRESS, row.sealed).decode(), row.verified


async def described(session: AsyncSession, account: Account, *, with_address: bool = True) -> MeOut:
    """Return what a person sees of their own account. with_address: False where others can read the screen."""
    right = None
    if account.role == Role.BENEFICIARY:
        row = (await session.execute(_OWN_RIGHT, {"account": account.id})).one()
        right = BeneficiaryRight.model_validate({**row._mapping, "no_shows": _no_shows(account, row)})
    email, verified = await own_address(session, account, "own_account") if with_address else (None, False)
    return MeOut(
        id=account.id,
        role=Role(account.role),
        email=email,
        email_verified=verified,
        display_name=account.display_name,
        locale="en" if account.locale == "en" else "fr",
        created_at=account.created_at,
        beneficiary=right,
    )


async def own_sessions(session: AsyncSession, current: UUID | None) -> SessionsOut:
    """Return the caller's open sessions. current: the one that the request belongs to."""
    rows = await session.execute(text("select * from app.own_sessions()"))
    return SessionsOut(data=[SessionOut(**row._mapping, current=row.id == current) for row in rows])


def _no_shows(account: Account, row: Any) -> NoShows:
    explanation = None
    if row.no_shows:
        language: Language = "en" if account.locale == "en" else "fr"
        words = "lowered" if row.lowered else "one" if row.no_shows == 1 else "some"
        explanation = no_show_text(words, language, count=row.no_shows, day=row.forgiven_on)
    return NoShows(count=row.no_shows, lowered=row.lowered, forgiven_on=row.forgiven_on, explanation=explanation)


def revision(account: Account) -> int:
    """Return a number for the fields that a person can change about their account; it serves as an ETag."""
    return crc32(f"{account.locale}\0{account.display_name}".encode()) & MOST_REVISION
