"""Recognise the device that a request comes from, so that its owner is told from a stranger."""

import hmac
from dataclasses import dataclass

from starlette.requests import Request

from backend.http.rate_limits import client_address
from backend.settings import settings


@dataclass(frozen=True, repr=False)
class Device:
    """A device: known by the secret that it sends; without one, by its network address and its user agent."""

    secret: str | None
    address: str
    agent: str

    @property
    def mark(self) -> bytes:
        """The hash under which the database knows the device: keyed, because a client may choose a poor secret."""
        known_by = f"secret:{self.secret}" if self.secret is not None else f"agent:{self.address}:{self.agent}"
        return hmac.digest(settings().derived_key("devices"), known_by.encode("utf-8", "replace"), "sha256")


def device_of(request: Request, secret: str | None) -> Device:
    """Return the device of a request. secret: the one that the request's body names."""
    return Device(secret, client_address(request.scope), request.headers.get("user-agent", ""))
