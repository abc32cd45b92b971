"""API clients of a test: programs that call the API for an organisation, a shop or an association."""

from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import httpx2

from tests.town.answers import accepted
from tests.town.people import Person

if TYPE_CHECKING:
    from tests.town.town import Town


class ApiClient(Person):
    """An API client. It sends requests as people do, with a token that it gets by itself at its first request."""

    role = "client"

    def __init__(self, town: "Town", made: dict[str, Any]) -> None:
        super().__init__(town, UUID(made["id"]), made["name"], None)
        self.made = made
        self.secret: str = made["client_secret"]

    async def asks_for_token(
        self, form: dict[str, str] | None = None, *, basic: bool = False, address: str | None = None, **headers: str
    ) -> httpx2.Response:
        """Send a request for a token and return the answer, whatever its status."""
        sent = {
            "X-Forwarded-For": address or self.address,
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
        }
        body = {"grant_type": "client_credentials", **(form or {})}
        if basic:
            sent["Authorization"] = "Basic " + b64encode(f"{self.id}:{self.secret}".encode()).decode()
        else:
            body = {"client_id": str(self.id), "client_secret": self.secret, **body}
        return await self.town.request("POST", "/v1/oauth/token", headers=sent, content=urlencode(body).encode())

    async def signs_in(self, *scopes: str) -> "ApiClient":
        """Take a token, with these scopes alone or with all."""
        form = {"scope": " ".join(scopes)} if scopes else {}
        self.token = accepted(await self.asks_for_token(form)).json()["access_token"]
        return self

    async def asks(self, method: str, path: str, json: Any = None, **more: Any) -> httpx2.Response:
        """Send a request as this client (`path` without /v1) and return the answer, whatever its status."""
        if self.token is None:
            await self.signs_in()
        return await super().asks(method, path, json, **more)
