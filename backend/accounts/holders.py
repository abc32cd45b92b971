"""Check that a caller is the account's holder, before a grave change: a token may be stolen."""

import math
from datetime import UTC, datetime
from uuid import UUID

from backend.accounts import passwords
from backend.accounts.actions import MOST_TRIES, TRIES_WINDOW_SECONDS, bucket
from backend.accounts.problems import PasswordNeeded, TooManyTries, WrongPassword
from backend.database.acts import Acts
from backend.http.rate_limits import refusal_headers


async def confirm_holder(
    acts: Acts, account_id: UUID, password: str | None, *, change: str, session_id: UUID | None = None
) -> None:
    """Check the account's password, if it has one. Wrong passwords are limited as at sign-in, for each kind of change.

    change: what the password is asked for, a name such as `erasure`. session_id: the caller's sign-in, if the password
    may be left out within 15 minutes of it. Raises PasswordNeeded, WrongPassword, TooManyTries, TryAgain.
    """
    tries = bucket(f"{change}:{account_id}") if password is not None else None
    found = await acts.row("password_to_confirm", account=account_id, signed_in_as=session_id, account_bucket=tries)
    if found["locked_until"] is not None:
        seconds = math.ceil((found["locked_until"] - datetime.now(UTC)).total_seconds())
        raise TooManyTries(headers=refusal_headers(change, MOST_TRIES, TRIES_WINDOW_SECONDS, max(1, seconds)))
    if found["password_hash"] is None:
        return
    if password is None:
        if found["fresh"]:
            return
        raise PasswordNeeded
    if not (await passwords.compare(password, found["password_hash"])).right:
        raise WrongPassword
