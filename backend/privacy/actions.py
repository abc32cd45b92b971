"""Recording consents, and confirming the erasure of an account."""

import math
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import passwords
from backend.accounts.actions import MOST_TRIES, TRIES_WINDOW_SECONDS, bucket
from backend.accounts.problems import TooManyTries
from backend.database.acts import Acts
from backend.database.sessions import call
from backend.http.rate_limits import refusal_headers
from backend.privacy import queries
from backend.privacy.problems import PasswordNeeded, WrongPassword
from backend.privacy.schemas import ConsentsIn, ConsentsOut


async def record_consents(session: AsyncSession, wanted: ConsentsIn) -> ConsentsOut:
    """Record the consents that are named, given or withdrawn, and return all of them. Raises TermsNeeded."""
    for purpose, consent in wanted.model_dump(exclude_unset=True).items():
        await call(
            session,
            "record_consent",
            wanted_purpose=purpose,
            wanted_version=consent["version"],
            wanted_given=consent["given"],
        )
    return await queries.own_consents(session)


async def confirm_erasure(acts: Acts, account_id: UUID, session_id: UUID | None, password: str | None) -> None:
    """Check that the caller may erase the account: its password if it has one, because a token may be stolen.

    The password may be left out within 15 minutes of signing in. Wrong passwords are limited as at sign-in.
    Raises PasswordNeeded, WrongPassword, TooManyTries, TryAgain.
    """
    tries = bucket(f"erasure:{account_id}") if password is not None else None
    found = await acts.row("password_for_erasure", account=account_id, signed_in_as=session_id, account_bucket=tries)
    if found["locked_until"] is not None:
        seconds = math.ceil((found["locked_until"] - datetime.now(UTC)).total_seconds())
        raise TooManyTries(headers=refusal_headers("erasure", MOST_TRIES, TRIES_WINDOW_SECONDS, max(1, seconds)))
    if found["password_hash"] is None:
        return
    if password is None:
        if found["fresh"]:
            return
        raise PasswordNeeded
    if not (await passwords.compare(password, found["password_hash"])).right:
        raise WrongPassword
