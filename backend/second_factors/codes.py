"""Codes of authenticator apps (TOTP, RFC 6238) and recovery codes."""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import pyotp

from backend.http.scans import typed
from backend.settings import Settings

ISSUER = "EcoPanier"
DIGITS = 6
STEPS_AROUND = 1
"""How many steps of 30 seconds a telephone's clock may be wrong, either way."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16  # 80 random bits
GROUP = 4


def new_secret() -> str:
    """Return a random secret of 160 bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, label: str) -> str:
    """Return the `otpauth://` address that an authenticator app reads. label: how it lists the account."""
    return pyotp.TOTP(secret, digits=DIGITS).provisioning_uri(name=label, issuer_name=ISSUER)


def step_of(secret: str, code: str, present: datetime) -> int | None:
    """Return the number of the time step that a code belongs to, near the present; None if it belongs to none.

    Each step's code is compared in constant time. If several steps have this code, it is that of the last one, so that
    none of them accepts it again.
    """
    totp = pyotp.TOTP(secret, digits=DIGITS)
    middle = totp.timecode(present)
    steps = range(middle - STEPS_AROUND, middle + STEPS_AROUND + 1)
    matching = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return max(matching, default=None)


def new_recovery_codes() -> list[str]:
    """Return new recovery codes in groups of four characters."""
    return ["-".join(_group() for _ in range(RECOVERY_LENGTH // GROUP)) for _ in range(RECOVERY_CODES)]


def recovery_hash(settings: Settings, account_id: UUID, written: str) -> bytes | None:
    """Return the keyed hash of a recovery code as somebody wrote it; None if it cannot be one.

    Keyed, so that a dump of the database does not even let one try codes.
    """
    code = typed(written).translate(str.maketrans("OIL", "011"))
    if len(code) != RECOVERY_LENGTH or not set(code) <= set(ALPHABET):
        return None
    return hmac.digest(settings.derived_key("recovery-codes"), account_id.bytes + code.encode(), sha256)


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(GROUP))
