"""Visitors without an account: they register, sign in and read their mail.

Their verbs raise Refused, as those of `tests.town.people` do.
"""

import email
import email.policy
import itertools
import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import httpx2

from tests.town import Refusal, Town, refused
from tests.town.answers import accepted

PASSWORD = "un vélo bleu sous la pluie"
_addresses = itertools.count(1)


@dataclass(frozen=True)
class Mail:
    """A received mail."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str

    @property
    def link(self) -> str:
        """The path of the page that the mail links to, with its token."""
        found = re.search(r"https?://[^/\s]+(/[a-z-]+/\S+)", self.text)
        assert found, self.text
        return found[1]

    @property
    def token(self) -> str:
        """The one-time token in the mail's link."""
        return self.link.rpartition("/")[2]

    @property
    def code(self) -> str:
        """The six-digit code, the only such number in the mail."""
        (found,) = re.findall(r"[0-9]{6}", self.text)
        return str(found)


def read_mail(raw: bytes) -> Mail:
    """Parse a mail as a mail program does."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return Mail(
        str(message["To"]), str(message["Subject"]), text.get_content(), html.get_content(), str(message["Message-ID"])
    )


async def mails(town: Town, to: str | None = None) -> list[Mail]:
    """Run the due jobs, then return all mails of this town, or those sent to `to`; oldest first."""
    await town.worker_runs()
    found = [read_mail(file.read_bytes()) for file in sorted((town.folder / "mails").glob("*.eml"))]
    return [mail for mail in found if to is None or mail.to == to]


class Visitor:
    """Sends HTTP requests from one address, with a token only where one is given."""

    def __init__(self, town: Town, address: str | None = None) -> None:
        self.town = town
        number = next(_addresses)
        self.address = address or f"192.0.{number >> 8 & 255}.{number & 255}"

    async def asks(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        form: dict[str, str] | None = None,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """Send a request (`path` without /v1) and return the answer, whatever its status."""
        sent = {"X-Forwarded-For": self.address, **(headers or {})}
        content = None
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode(form).encode()
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return await self.town.request(method, f"/v1{path}", json=json, content=content, headers=sent)

    async def posts(self, path: str, json: Any, *, key: str | None = None) -> Any:
        """Send a POST and return the answer's JSON."""
        headers = {"Idempotency-Key": key} if key else None
        answer = accepted(await self.asks("POST", path, json, headers=headers))
        return answer.json() if answer.content else None

    def registration(self, email: str = "amina@example.org", **fields: Any) -> dict[str, Any]:
        """Return a body that would be accepted."""
        return {
            "email": email,
            "password": PASSWORD,
            "role": "customer",
            "display_name": "Amina B.",
            "consents": {"terms": "2026-01"},
            **fields,
        }

    async def registers(self, email: str = "amina@example.org", **fields: Any) -> dict[str, Any]:
        account: dict[str, Any] = await self.posts("/auth/register", self.registration(email, **fields))
        return account

    async def confirms(self, email: str = "amina@example.org", **fields: Any) -> dict[str, Any]:
        """Confirm an address by the code of its latest mail; return the tokens."""
        code = (await mails(self.town, email))[-1].code
        tokens: dict[str, Any] = await self.posts("/auth/verify-email", {"email": email, "code": code, **fields})
        return tokens

    async def joins(self, email: str = "amina@example.org", **fields: Any) -> dict[str, Any]:
        """Register and confirm the address; return the account."""
        account = await self.registers(email, **fields)
        await self.confirms(account["email"])
        return account

    async def sends_sign_in(
        self, username: str = "amina@example.org", password: str = PASSWORD, **fields: str
    ) -> httpx2.Response:
        return await self.asks("POST", "/auth/token", form={"username": username, "password": password, **fields})

    async def signs_in(
        self, username: str = "amina@example.org", password: str = PASSWORD, **fields: str
    ) -> dict[str, Any]:
        tokens: dict[str, Any] = accepted(await self.sends_sign_in(username, password, **fields)).json()
        return tokens

    async def tries_to_sign_in(
        self, username: str = "amina@example.org", password: str = PASSWORD, **fields: str
    ) -> Refusal:
        return await refused(self.signs_in(username, password, **fields))

    async def refreshes(self, tokens: dict[str, Any], *, key: str | None = None, **fields: str) -> dict[str, Any]:
        body = {"refresh_token": tokens["refresh_token"], **fields}
        new: dict[str, Any] = await self.posts("/auth/refresh", body, key=key)
        return new

    async def sees_me(self, tokens: dict[str, Any]) -> dict[str, Any]:
        me: dict[str, Any] = accepted(await self.asks("GET", "/me", token=tokens["access_token"])).json()
        return me
