"""Add and revoke pickup stations, and pair a device with its code."""

import hmac
import math
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.actions import bucket
from backend.accounts.problems import TooManyTries
from backend.accounts.tokens import new_token, token_hash
from backend.database.acts import Acts
from backend.database.sessions import call
from backend.http.rate_limits import refusal_headers
from backend.http.scans import typed
from backend.identity.callers import STATION_TOKEN
from backend.settings import settings
from backend.stations import queries
from backend.stations.problems import WrongPairingCode
from backend.stations.schemas import StationAdded, StationPaired

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread
CODE_LENGTH = 10  # 50 random bits


async def add_station(session: AsyncSession, shop_id: UUID, name: str) -> StationAdded:
    """Add a station to a shop and return it with its pairing code. The database raises ShopNotFound."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    added: UUID = await call(session, "add_station", shop=shop_id, station_name=name, new_code_hash=_code_hash(code))
    shown = await queries.station(session, shop_id, added)
    half = CODE_LENGTH // 2
    return StationAdded(**shown.model_dump(), pairing_code=f"{code[:half]}-{code[half:]}")


async def revoke_station(session: AsyncSession, shop_id: UUID, station_id: UUID) -> None:
    """Revoke a station, or withdraw its pairing code. The database raises ShopNotFound, StationNotFound."""
    await call(session, "revoke_station", shop=shop_id, station=station_id)


async def pair(acts: Acts, shown: str, address: str) -> StationPaired:
    """Use a pairing code up, and return the token that the device keeps.

    Raises WrongPairingCode, TooManyTries (counted by address).
    """
    token = STATION_TOKEN + new_token()
    code = typed(shown).translate(str.maketrans("OIL", "011"))
    readable = len(code) == CODE_LENGTH and set(code) <= set(ALPHABET)
    done = await acts.row(
        "pair_station",
        shown=_code_hash(code) if readable else None,
        new_token_hash=token_hash(token),
        # For load tests ECOPANIER_RATE_LIMITS=off lifts the limit.
        address_bucket=bucket("pairing-from:" + address) if settings().rate_limits else None,
    )
    if done["locked_until"] is not None:
        seconds = max(1, math.ceil((done["locked_until"] - datetime.now(UTC)).total_seconds()))
        raise TooManyTries(headers=refusal_headers("pairing", done["most_tries"], done["window_seconds"], seconds))
    if done["problem"] is not None:
        raise WrongPairingCode
    return StationPaired(station_token=token)


def _code_hash(code: str) -> bytes:
    """Return the keyed hash of a code: from a plain one of only 50 bits, a dump could tell the code."""
    return hmac.digest(settings().derived_key("pairing-codes"), code.encode(), sha256)
