"""What people may ask about their data, over HTTP: consents and erasure."""

from fastapi import Response

from backend.accounts.facts import TooManyTries
from backend.common_facts import TryAgain
from backend.db import ActsDep, SignedIn, call, caller_in
from backend.errors import problems
from backend.privacy import actions, queries
from backend.privacy.facts import HasBeneficiaries, LastAdmin, PasswordNeeded, TermsNeeded, WrongPassword
from backend.privacy.schemas import ConsentsIn, ConsentsOut, ErasureIn
from backend.routing import Router

router = Router(tags=["privacy"])


@router.get("/me/consents")
async def read_own_consents(session: SignedIn) -> ConsentsOut:
    """See what one agreed to, in which version and when."""
    return await queries.own_consents(session)


@router.put("/me/consents", responses=problems(TermsNeeded))
async def record_own_consents(wanted: ConsentsIn, session: SignedIn) -> ConsentsOut:
    """Give or withdraw consents, to the current versions; what is left out stays as it is.

    Each change is kept with its time. Without the terms there is no account: they are withdrawn by erasing it.
    """
    return await actions.record_consents(session, wanted)


@router.delete(
    "/me",
    status_code=204,
    response_class=Response,
    responses=problems(PasswordNeeded, WrongPassword, HasBeneficiaries, LastAdmin, TooManyTries, TryAgain),
)
async def erase_own_account(session: SignedIn, acts: ActsDep, confirmed: ErasureIn | None = None) -> None:
    """Erase one's account, for good.

    Confirmed by the password, where the account has one with us. Running reservations are cancelled and refunded, a
    merchant's lots withdrawn and their holders told. Names, addresses, photos and the key that opens what is sealed
    are destroyed; what accounting law keeps of payments is moved apart, without any account.
    """
    await actions.confirm_erasure(acts, caller_in(session), confirmed.password if confirmed else None)
    await call(session, "erase_own_account")
