"""The people of a town, each with the verbs of their role. A verb raises Refused if the product refuses."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

import httpx2

from tests.town.answers import Refusal, accepted, refused
from tests.town.things import Lot, Pass, Reservation, Shop

if TYPE_CHECKING:
    from tests.town.town import Town


class Person:
    """A person with an account. Sends HTTP requests as them, from an IP address of their own."""

    role: str

    def __init__(self, town: "Town", account_id: UUID, name: str, email: str | None, token: str | None = None) -> None:
        self.town = town
        self.id = account_id
        self.name = name
        self.email = email
        self.token = token
        number = account_id.int
        self.address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def __repr__(self) -> str:
        return f"<{self.name}, {self.role}>"

    async def asks(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        key: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        """Send a request as this person (`path` without /v1) and return the answer, whatever its status."""
        sent = {"X-Forwarded-For": self.address, **(headers or {})}
        if self.token is None:
            self.token = await self.town.token_for(self.id)
        sent["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        return await self.town.request(method, f"/v1{path}", json=json, params=params, headers=sent, content=content)

    async def gets(self, path: str, **params: Any) -> Any:
        """Send a GET and return the answer's JSON."""
        return accepted(await self.asks("GET", path, params=params)).json()

    async def posts(self, path: str, json: Any = None, *, key: str | None = None) -> Any:
        """Send a POST and return the answer's JSON."""
        answer = accepted(await self.asks("POST", path, json, key=key))
        return answer.json() if answer.content else None

    async def sends_photo(
        self, picture: bytes, *, key: str | None = None, to: str = "/lots/drafts", **fields: str
    ) -> httpx2.Response:
        """Send a photo, with `fields` in the same form, and return the answer, whatever its status."""
        files = {"photo": ("IMG_0042.JPG", picture, "image/jpeg")}
        form = httpx2.Request("POST", "http://form", files=files, data=fields)
        sent = {"Content-Type": form.headers["content-type"]}
        return await self.asks("POST", to, content=form.read(), headers=sent, key=key)

    async def photographs(self, picture: bytes, *, key: str | None = None, **fields: str) -> dict[str, Any]:
        """Send a photo and return the draft of a listing."""
        draft: dict[str, Any] = accepted(await self.sends_photo(picture, key=key, **fields)).json()
        return draft

    # What customers and beneficiaries do as holders of reservations.

    async def sends_reservation(self, lot: Lot, portions: int = 1, *, key: str | None = None) -> httpx2.Response:
        """Ask for portions and return the answer, whatever its status."""
        path = f"/lots/{lot.id}/reservations"
        return await self.asks("POST", path, {"quantity": portions}, key=key or str(uuid4()))

    async def reserves(self, lot: Lot, portions: int = 1, *, key: str | None = None) -> Reservation:
        return _reservation(accepted(await self.sends_reservation(lot, portions, key=key)).json())

    async def tries_to_reserve(self, lot: Lot, portions: int = 1, *, key: str | None = None) -> Refusal:
        return await refused(self.reserves(lot, portions, key=key))

    async def reservation(self, reservation: Reservation) -> Reservation:
        """Return the present state of a reservation."""
        return _reservation(await self.gets(f"/reservations/{reservation.id}"))

    async def cancels(self, reservation: Reservation) -> Reservation:
        return _reservation(await self.posts(f"/reservations/{reservation.id}/cancel"))

    async def tries_to_cancel(self, reservation: Reservation) -> Refusal:
        return await refused(self.cancels(reservation))

    async def waits(self, lot: Lot, portions: int = 1) -> dict[str, Any]:
        """Join the waiting list of a lot that is sold out, and return the entry."""
        entry: dict[str, Any] = await self.posts(f"/lots/{lot.id}/waiting", {"quantity": portions})
        return entry

    async def waiting(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the present state of this person's waiting-list entry."""
        found: list[dict[str, Any]] = (await self.gets("/waiting"))["data"]
        return next(other for other in found if other["id"] == entry["id"])

    async def leaves(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        left: dict[str, Any] = await self.posts(f"/waiting/{entry['id']}/leave")
        return left

    async def takes(self, entry: Mapping[str, Any], *, key: str | None = None) -> Reservation:
        """Reserve the portions that are kept for a waiting-list entry."""
        return _reservation(await self.posts(f"/waiting/{entry['id']}/take", key=key or str(uuid4())))

    async def pays(self, reservation: Reservation, *, card: str = "pm_card_visa") -> Reservation:
        """Pay as the browser does. Returns once Stripe's webhook has been stored and handled."""
        await self.town.stripe.pay(reservation.client_secret, card)
        await self.town.stripe.webhooks_quiet()
        await self.town.worker_runs()
        return await self.reservation(reservation)

    async def pass_for(self, reservation: Reservation) -> Pass:
        body = await self.gets(f"/reservations/{reservation.id}/pass")
        return Pass(reservation, body["qr"], body["code"], body["pin"], body)


class Customer(Person):
    role = "customer"

    async def buys(self, lot: Lot, portions: int = 1) -> Reservation:
        """Reserve and pay."""
        return await self.pays(await self.reserves(lot, portions))

    async def suspends(self, lot: Lot, portions: int = 1, *, key: str | None = None, **choice: str) -> Reservation:
        """Begin to give portions, without paying yet; `choice` may set `if_unclaimed`."""
        wanted = {"lot_id": str(lot.id), "quantity": portions, **choice}
        return _reservation(await self.posts("/suspended-lots", wanted, key=key or str(uuid4())))

    async def gives(self, lot: Lot, portions: int = 1, **choice: str) -> Reservation:
        """Suspend portions and pay for them."""
        begun = await self.suspends(lot, portions, **choice)
        await self.town.stripe.pay(begun.client_secret)
        await self.town.stripe.webhooks_quiet()
        await self.town.worker_runs()
        return begun

    async def gift(self, given: Reservation) -> dict[str, Any]:
        """Return what a donor sees of their gift."""
        seen: dict[str, Any] = await self.gets(f"/suspended-lots/{given.id}")
        return seen


class Beneficiary(Person):
    role = "beneficiary"
    code: str

    def with_code(self, code: str) -> Self:
        self.code = code
        return self


class Merchant(Person):
    role = "merchant"

    async def registers_shop(self, **fields: Any) -> dict[str, Any]:
        """Register a shop over HTTP; `fields` replace those of a valid shop."""
        shop: dict[str, Any] = await self.posts("/shops", {**self.town.shop_fields(), **fields})
        return shop

    async def lists(self, shop: Shop, **fields: Any) -> dict[str, Any]:
        """List a lot over HTTP, published unless `publish` says otherwise; `fields` replace those of a valid lot."""
        lot: dict[str, Any] = await self.posts("/lots", {**await self.town.lot_fields(shop), **fields})
        return lot

    async def withdraws(self, lot: Lot) -> None:
        await self.posts(f"/lots/{lot.id}/withdraw")

    async def hands_over(self, shown: Pass, *, pin: str | None = None, typed: bool = False) -> dict[str, Any]:
        """Hand the food over: scan the QR (or type the code) and enter `pin`, or the pass's own PIN if None."""
        shows = {"code": shown.code} if typed else {"qr": shown.qr}
        handed: dict[str, Any] = await self.posts("/pickups", {**shows, "pin": pin or shown.pin})
        return handed

    async def tries_to_hand_over(self, shown: Pass, *, pin: str | None = None, typed: bool = False) -> Refusal:
        return await refused(self.hands_over(shown, pin=pin, typed=typed))


class Collector(Person):
    role = "collector"


class Association(Person):
    role = "association"

    async def enrols(self, *, until: date | None = None, **fields: Any) -> dict[str, Any]:
        """Enrol a beneficiary over HTTP; the answer holds `id`, `code` and `activation_token`."""
        person = await self.town.person_fields(until)
        enrolled: dict[str, Any] = await self.posts("/beneficiaries", {**person, **fields})
        return enrolled

    async def verifies(self, beneficiary_id: UUID | str) -> None:
        await self.posts(f"/beneficiaries/{beneficiary_id}/verify")

    async def suspends(self, beneficiary_id: UUID | str) -> None:
        await self.posts(f"/beneficiaries/{beneficiary_id}/suspend")


class Admin(Association):
    role = "admin"

    async def verifies_shop(self, shop_id: UUID | str) -> None:
        await self.posts(f"/admin/shops/{shop_id}/verify", {"decision": "verified"})

    async def suspends_account(self, person: Person, reason: str = "reported") -> None:
        await self.posts(f"/admin/accounts/{person.id}/suspend", {"reason": reason})

    async def restores_account(self, person: Person, reason: str = "cleared up") -> None:
        await self.posts(f"/admin/accounts/{person.id}/restore", {"reason": reason})


def _reservation(body: dict[str, Any]) -> Reservation:
    return Reservation(UUID(body["id"]), UUID(body["lot_id"]), body["status"], body)


def moment(text: str) -> datetime:
    """Return the time that an answer gives as text."""
    return datetime.fromisoformat(text)
