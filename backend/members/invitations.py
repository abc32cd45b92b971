"""The sealed part of an open invitation: its address and the token of its link."""

import os
from dataclasses import dataclass

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

from backend.sealing.seals import NONCE_BYTES
from backend.settings import Settings

log = structlog.get_logger("ecopanier.members")


class InvitationUnreadable(Exception):
    """Raised when an invitation was sealed with another secret key, or altered since."""


@dataclass(frozen=True, repr=False)
class Invitation:
    """An invited address and the token of the link that is mailed to it."""

    email: str
    token: str

    def sealed(self, settings: Settings, look_up: bytes) -> bytes:
        """Return both texts sealed for the row with this look-up."""
        nonce = os.urandom(NONCE_BYTES)
        plain = to_json([self.email, self.token])
        return nonce + AESGCM(settings.derived_key("invitations")).encrypt(nonce, plain, look_up)

    @classmethod
    def opened(cls, settings: Settings, look_up: bytes, sealed: bytes) -> "Invitation":
        """Return what `sealed` sealed. Raises InvitationUnreadable."""
        key = AESGCM(settings.derived_key("invitations"))
        try:
            return cls(*from_json(key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], look_up)))
        except InvalidTag:
            raise InvitationUnreadable from None

    @classmethod
    def to_mail(cls, settings: Settings, look_up: bytes, sealed: bytes | None) -> "Invitation | None":
        """Return the invitation to mail; None if it is over (`sealed` is null), or unreadable, which is logged."""
        if sealed is None:
            return None
        try:
            return cls.opened(settings, look_up, sealed)
        except InvitationUnreadable:
            log.error("invitation.unreadable")  # sealed with another secret key
            return None
