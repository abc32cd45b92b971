"""The link to a pass that its holder gets by mail. It opens the pass without a sign-in, like the mail itself.

The token names the reservation, and a signature covers its present code: renewing or handing on the pass, which gives
it another code, ends the link. Nothing is stored for it.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from uuid import UUID

from backend.settings import Settings

_SIGNATURE_BYTES = 16


def mailed_token(settings: Settings, reservation_id: UUID, code: str) -> str:
    """Return the token of a link that shows a pass to whoever has it."""
    return urlsafe_b64encode(reservation_id.bytes + _signature(settings, reservation_id, code)).decode().rstrip("=")


def reservation_in(token: str) -> UUID | None:
    """Return the reservation that a token names; None if it cannot be one. `opens` says whether we made the token."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    return UUID(bytes=raw[:16]) if len(raw) == 16 + _SIGNATURE_BYTES else None


def opens(settings: Settings, token: str, code: str) -> bool:
    """Return whether a token, read by `reservation_in`, was made for this code of its reservation."""
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return hmac.compare_digest(raw[16:], _signature(settings, UUID(bytes=raw[:16]), code))


def _signature(settings: Settings, reservation_id: UUID, code: str) -> bytes:
    return hmac.digest(settings.derived_key("mailed-passes"), reservation_id.bytes + code.encode(), sha256)[
        :_SIGNATURE_BYTES
    ]
