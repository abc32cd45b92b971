"""Checkout Sessions: Stripe's pages on which a payment is made, or a subscription begun."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import stripe
from stripe.params.checkout import SessionCreateParams

from backend.stripe.calls import PaymentRefused, StripeCalls, id_of, part_of


@dataclass(frozen=True, slots=True)
class Checkout:
    """A Checkout Session: a page of Stripe's on which one payment is made. `status`: `open`, `complete`, `expired`.

    intent_id: its PaymentIntent, once somebody has tried to pay. subscription: what began on the page, if it is one to
    subscribe, once it is complete. customer: who subscribes there.
    """

    id: str
    status: str
    url: str | None
    intent_id: str | None
    subscription: str | None = None
    customer: str | None = None


class Checkouts(StripeCalls):
    """The calls about Stripe's payment pages."""

    async def create_checkout(
        self,
        payment_id: UUID,
        reservation_id: UUID,
        amount_cents: int,
        *,
        name: str,
        back: str,
        expires_at: datetime,
        language: str,
    ) -> Checkout:
        """Create the page on which a payment is made. Each payment has one, however often this is called with the same.

        name: what the page says is paid. back: the address to which it returns, with `?paid=1` once it was paid.
        expires_at: at least 30 minutes ahead, so that a hold needs `expire_checkout`.
        """
        about = {"payment_id": str(payment_id), "reservation_id": str(reservation_id)}
        async with self._asking("create a checkout session", payment_id):
            wanted: SessionCreateParams = {
                "mode": "payment",
                # Cards answer at once; other methods may take days, and a hold lasts minutes.
                "allowed_payment_method_types": ["card"],
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "eur",
                            "unit_amount": amount_cents,
                            "product_data": {"name": name},
                        },
                    }
                ],
                "success_url": f"{back}?paid=1",
                "cancel_url": back,
                "expires_at": int(expires_at.timestamp()),
                "locale": "fr" if language == "fr" else "en",
                "metadata": about,
                "payment_intent_data": {"metadata": about},
            }
            made = await self._checkouts.create_async(wanted, {"idempotency_key": f"cs-{payment_id}"})
            return checkout_of(made)

    async def retrieve_checkout(self, id: str) -> Checkout:
        """Return a page as it is now."""
        async with self._asking("retrieve a checkout session"):
            return checkout_of(await self._checkouts.retrieve_async(id))

    async def expire_checkout(self, id: str, payment_id: UUID) -> Checkout:
        """Close a page, so that nobody can pay on it any more, and return it.

        Check the returned status: `complete` if it was paid first.
        """
        try:
            async with self._asking("expire a checkout session", payment_id):
                return checkout_of(await self._checkouts.expire_async(id))
        except PaymentRefused:
            # It is not open any more, or there is no such session: then this raises too.
            return await self.retrieve_checkout(id)


def checkout_of(session: stripe.checkout.Session) -> Checkout:
    """Return one of Stripe's sessions as ours."""
    return Checkout(
        session.id,
        session.status or "",
        session.url,
        id_of(session.payment_intent),
        id_of(part_of(session, "subscription")),
        id_of(part_of(session, "customer")),
    )
