"""Add, use and remove second factors: an authenticator's codes and recovery codes."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from backend.accounts.actions import bucket, session_end, signed_in_out, tokens_out
from backend.accounts.devices import Device
from backend.accounts.holders import confirm_holder
from backend.accounts.schemas import SignedInOut
from backend.accounts.tokens import new_token, token_hash
from backend.database.acts import Acts
from backend.http.rate_limits import refusal_headers
from backend.identity.tokens import OwnTokens
from backend.sealing.seals import SEALED_SECOND_FACTOR, keyring
from backend.second_factors import codes, qr
from backend.second_factors.problems import (
    ChallengeOver,
    SecondFactorLocked,
    SecondFactorNotFound,
    WrongSecondFactor,
)
from backend.second_factors.schemas import (
    EnrolmentOut,
    OneCode,
    RecoveryCodesOut,
    SecondFactorIn,
    SecondFactorOut,
    SecondFactorsOut,
)
from backend.settings import settings

ENROLMENT_SECONDS = 600
"""How long a new secret waits for its first code; the same as in `app.try_second_factor`."""


@dataclass(frozen=True, repr=False)
class Proof:
    """A code that was compared: the time step that it belongs to, or the hash of a recovery code.

    emptied: the counters to clear once it is accepted. given_back: those from which only this try is taken back.
    """

    factor: UUID
    step: int | None
    recovery: bytes | None
    emptied: list[bytes]
    given_back: list[bytes]


async def own_factors(acts: Acts, account_id: UUID, session_id: UUID | None) -> SecondFactorsOut:
    """Return what the caller may know of their second factor."""
    row = await acts.row(
        "own_second_factors", caller=account_id, signed_in_as=session_id, rule=settings().second_factor_rule
    )
    held = SecondFactorOut.model_validate(dict(row)) if row["activated_at"] is not None else None
    return SecondFactorsOut(required=row["required"], passed=row["passed"], data=[held] if held is not None else [])


async def begin_enrolment(acts: Acts, account_id: UUID, password: str) -> EnrolmentOut:
    """Make a new secret and store it, sealed, until a code confirms it; an earlier one that waits is replaced.

    Raises WrongPassword, TooManyTries, TryAgain. The database raises SecondFactorExists.
    """
    await confirm_holder(acts, account_id, password, change="second-factor")
    offered = keyring().new_data_key(account_id)
    held = await acts.row(
        "hold_data_key", caller=account_id, offered=offered.wrapped, offered_master_key=offered.master_key
    )
    key = keyring().data_key(account_id, held["wrapped"], held["master_key"])
    secret = codes.new_secret()
    await acts.value(
        "begin_second_factor", caller=account_id, new_sealed=key.seal(SEALED_SECOND_FACTOR, secret.encode())
    )
    uri = codes.enrolment_uri(secret, held["label"])
    return EnrolmentOut(secret=secret, otpauth_uri=uri, qr_svg=qr.svg(uri), expires_in=ENROLMENT_SECONDS)


async def confirm_enrolment(
    acts: Acts, account_id: UUID, session_id: UUID | None, code: str, address: str
) -> RecoveryCodesOut:
    """Make an enrolment the account's second factor, for the first code of its secret; return its recovery codes.

    address: the caller's network address, whose tries count. Raises WrongSecondFactor, SecondFactorNotFound,
    SecondFactorLocked.
    """
    proof = await compared(acts, account_id, OneCode(code=code), address, active=False)
    written = codes.new_recovery_codes()
    activated_at: datetime = await acts.value(
        "confirm_second_factor",
        caller=account_id,
        signed_in_as=session_id,
        factor=proof.factor,
        step=proof.step,
        code_hashes=[codes.recovery_hash(settings(), account_id, one) for one in written],
        emptied=proof.emptied,
        given_back=proof.given_back,
    )
    return RecoveryCodesOut(activated_at=activated_at, recovery_codes=written)


async def remove_factor(acts: Acts, account_id: UUID, password: str, given: OneCode, address: str) -> None:
    """Remove the caller's second factor, for the password and a code that has not been used.

    Raises WrongPassword, WrongSecondFactor, SecondFactorNotFound, SecondFactorLocked, TooManyTries, TryAgain.
    """
    await confirm_holder(acts, account_id, password, change="second-factor")
    proof = await compared(acts, account_id, given, address, active=True)
    await acts.value(
        "remove_second_factor",
        caller=account_id,
        factor=proof.factor,
        step=proof.step,
        recovery=proof.recovery,
        emptied=proof.emptied,
        given_back=proof.given_back,
    )


async def finish_sign_in(acts: Acts, tokens: OwnTokens, wanted: SecondFactorIn, device: Device) -> SignedInOut:
    """Open the session that a password has begun, for a code that has not been used.

    Raises ChallengeOver, WrongSecondFactor, SecondFactorLocked. The database raises AccountSuspended, TermsToAccept,
    ConsentVersionUnknown; then neither the code nor the challenge is used up.
    """
    held = token_hash(wanted.challenge_token)
    account_id: UUID | None = await acts.value("challenged", held=held)
    if account_id is None:
        raise ChallengeOver
    try:
        proof = await compared(acts, account_id, wanted, device.address, active=True)
    except SecondFactorNotFound:
        raise ChallengeOver from None  # it was removed meanwhile: the password alone opens a session now
    refresh_token = new_token()
    opened = await acts.row(
        "finish_sign_in",
        held=held,
        factor=proof.factor,
        step=proof.step,
        recovery=proof.recovery,
        first_token_hash=token_hash(refresh_token),
        expires=session_end(),
        device=device.mark,
        accepted=wanted.accepted_terms,
        emptied=proof.emptied,
        given_back=proof.given_back,
    )
    return signed_in_out(
        tokens_out(tokens, account_id, opened["session_id"], refresh_token), opened["version"], opened["answer_by"]
    )


async def compared(acts: Acts, account_id: UUID, given: OneCode, address: str, *, active: bool) -> Proof:
    """Count a try, then compare a code with the account's secret. active: whether a code has confirmed it before.

    The act that follows refuses a code that was used. Raises WrongSecondFactor, SecondFactorNotFound,
    SecondFactorLocked.
    """
    by_kind = bucket(f"{'factor' if given.recovery_code is None else 'recovery'}:{account_id}")
    by_day = bucket(f"factor-day:{account_id}") if given.recovery_code is None else None
    # For load tests ECOPANIER_RATE_LIMITS=off lifts the limit per network address.
    by_address = bucket(f"factor-from:{address}") if settings().rate_limits else None
    found = await acts.row(
        "try_second_factor",
        account=account_id,
        account_bucket=by_kind,
        day_bucket=by_day,
        address_bucket=by_address,
    )
    if found["locked_until"] is not None:
        seconds = max(1, math.ceil((found["locked_until"] - datetime.now(UTC)).total_seconds()))
        raise SecondFactorLocked(
            headers=refusal_headers("second-factor", found["most_tries"], found["window_seconds"], seconds)
        )
    if found["factor"] is None or found["active"] != active:
        raise SecondFactorNotFound
    step = recovery = None
    if given.code is not None and found["wrapped"] is not None:
        key = keyring().data_key(account_id, found["wrapped"], found["master_key"])
        secret = key.open(SEALED_SECOND_FACTOR, found["sealed"]).decode()
        step = codes.step_of(secret, given.code, found["present"])
    elif given.recovery_code is not None:
        recovery = codes.recovery_hash(settings(), account_id, given.recovery_code)
    if step is None and recovery is None:
        raise WrongSecondFactor
    given_back = [counter for counter in (by_day, by_address) if counter is not None]
    return Proof(found["factor"], step, recovery, [by_kind], given_back)
