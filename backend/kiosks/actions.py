"""Register and revoke kiosks, and sign in at one with a card."""

import math
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.actions import bucket, tokens_out
from backend.accounts.problems import TooManyTries
from backend.accounts.schemas import TokensOut
from backend.accounts.tokens import new_token, token_hash
from backend.cards.secrets import secret_hash, secret_shown
from backend.database.acts import Acts
from backend.database.sessions import call
from backend.http.rate_limits import refusal_headers
from backend.identity.tokens import OwnTokens
from backend.kiosks import queries
from backend.kiosks.problems import KioskUnknown, WrongCard
from backend.kiosks.schemas import KioskOut, KioskRegistered
from backend.settings import settings


async def register_kiosk(session: AsyncSession, name: str) -> KioskRegistered:
    """Register a tablet and return its secret. From the database NotAllowed, if the association is not verified."""
    device = new_token()
    kiosk_id: UUID = await call(session, "register_kiosk", kiosk_name=name, new_device_hash=token_hash(device))
    return KioskRegistered(id=kiosk_id, name=name, device=device)


async def revoke_kiosk(session: AsyncSession, kiosk_id: UUID) -> KioskOut:
    """Revoke a kiosk and sign out whoever is signed in there. From the database KioskNotFound."""
    await call(session, "revoke_kiosk", kiosk=kiosk_id)
    return await queries.kiosk(session, kiosk_id)


async def sign_in(acts: Acts, tokens: OwnTokens, card: str, device: str | None, address: str) -> TokensOut:
    """Open a session of three minutes for the holder of a card that is shown at a kiosk.

    Raises KioskUnknown before the card is looked at, WrongCard, TooManyTries, AccountSuspended.
    """
    device_hash = token_hash(device or "")
    refresh_token = new_token()
    # For load tests ECOPANIER_RATE_LIMITS=off lifts the limit per address. Cards stay as hard to guess.
    opened = await acts.row(
        "sign_in_with_card",
        device=device_hash,
        shown=secret_hash(secret) if (secret := secret_shown(card)) else None,
        first_token_hash=token_hash(refresh_token),
        device_bucket=bucket("kiosk:" + device_hash.hex()),
        address_bucket=bucket("devices-from:" + address) if settings().rate_limits else None,
    )
    at_kiosk = opened["problem"] != KioskUnknown.code
    if opened["locked_until"] is not None:
        seconds = max(1, math.ceil((opened["locked_until"] - datetime.now(UTC)).total_seconds()))
        headers = refusal_headers("cards", opened["most_tries"], opened["window_seconds"], seconds)
        raise TooManyTries(headers=headers)
    if opened["problem"] is not None:
        raise WrongCard if at_kiosk else KioskUnknown
    return tokens_out(tokens, opened["account_id"], opened["session_id"], refresh_token, opened["seconds"])
