"""Links that turn the mails of one event off for one account, without a sign-in.

Nothing is stored for them: the token names account and event, and a signature says that we made it. So a link in an old
mail still works, and changing the secret key ends all of them.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from uuid import UUID

from backend.settings import Settings

_SIGNATURE_BYTES = 16


def unsubscribe_link(settings: Settings, account_id: UUID, event: str) -> str:
    """Return the page where somebody stops the mails of an event; a POST to it stops them at once (RFC 8058)."""
    named = account_id.bytes + event.encode()
    token = urlsafe_b64encode(_signature(settings, named) + named).rstrip(b"=").decode()
    return f"{settings.public_url}/unsubscribe/{token}"


def read_token(settings: Settings, token: str) -> tuple[UUID, str] | None:
    """Return account and event of a token; None if we did not make it."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        signature, named = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _signature(settings, named)):
            return None
        return UUID(bytes=named[:16]), named[16:].decode()
    except ValueError:
        return None


def _signature(settings: Settings, named: bytes) -> bytes:
    return hmac.digest(settings.derived_key("unsubscribing"), named, sha256)[:_SIGNATURE_BYTES]
