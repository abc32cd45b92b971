"""Reads around one's own account, under row-level security."""

from zlib import crc32

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.models import Account
from backend.accounts.schemas import BeneficiaryRight, MeOut
from backend.db import caller_in
from backend.etags import MOST_REVISION
from backend.identity import Role

# In SQL, because beneficiaries are a feature above this one; their policies show the caller nothing but their own.
_OWN_RIGHT = text("""
    select b.code, b.status, b.eligible_until, app.caller_is_current_beneficiary() as current,
           case when app.caller_is_current_beneficiary() then greatest(0,
               (select s.value from app.settings s where s.name = 'free_portions_per_day')
               - coalesce((select f.taken from app.free_portions f
                           where f.account_id = b.id and f.day = app.paris_day(app.clock())), 0))
           else 0 end as portions_left_today
    from app.beneficiaries b where b.id = :account
""")


async def own_account(session: AsyncSession, *, to_change: bool = False) -> Account:
    """Give the caller's account; locked when it is to be changed."""
    return await session.get_one(Account, caller_in(session), with_for_update=to_change or None)


async def described(session: AsyncSession, account: Account) -> MeOut:
    """Say what a person sees of their own account."""
    right = None
    if account.role == Role.BENEFICIARY:
        row = (await session.execute(_OWN_RIGHT, {"account": account.id})).one()
        right = BeneficiaryRight.model_validate(row)
    return MeOut(
        id=account.id,
        role=Role(account.role),
        email=account.email,
        email_verified=account.email_verified_at is not None,
        display_name=account.display_name,
        locale="en" if account.locale == "en" else "fr",
        created_at=account.created_at,
        beneficiary=right,
    )


def revision(account: Account) -> int:
    """Number what a person may change about their account, so that an ETag can name it."""
    return crc32(f"{account.locale}\0{account.display_name}".encode()) & MOST_REVISION
