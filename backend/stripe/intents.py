"""PaymentIntents: create, read, find and cancel them."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import stripe

from backend.stripe.calls import PaymentRefused, StripeCalls, id_of, moment_of, our_id


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent. Amounts in euro cents; `status` is Stripe's (`requires_payment_method`, `succeeded`, …)."""

    id: str
    client_secret: str = field(repr=False)  # whoever has it may read and pay this intent
    status: str
    amount_cents: int
    amount_received_cents: int
    refunded_cents: int = 0  # in all, by us or by a person in Stripe's dashboard
    paid_at: datetime | None = None  # by Stripe's clock, in whole seconds; None if it is not paid
    payment_id: UUID | None = None  # of the payment that it was made for, from its metadata
    charge_id: str | None = None  # of the last attempt to pay it
    disputed: bool = False  # at any time, whatever became of it


class Intents(StripeCalls):
    """The calls about PaymentIntents. No personal data is sent to Stripe, only amounts and our own ids."""

    async def create_payment_intent(self, payment_id: UUID, reservation_id: UUID, amount_cents: int) -> Intent:
        """Create a payment's intent, of at least 50 euro cents. Each payment has one, however often this is called.

        A repeated call returns Stripe's first answer, whose status may be outdated: `retrieve_payment_intent` returns
        the current one.
        """
        async with self._asking("create a payment intent", payment_id):
            intent = await self._intents.create_async(
                {
                    "amount": amount_cents,
                    "currency": "eur",
                    # A hold lasts only minutes, too short for payment methods that redirect the customer elsewhere.
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "metadata": {"payment_id": str(payment_id), "reservation_id": str(reservation_id)},
                },
                {"idempotency_key": f"pi-{payment_id}"},
            )
            return _intent(intent)

    async def retrieve_payment_intent(self, id: str) -> Intent:
        """Return the intent as it is now, with what its charge says."""
        async with self._asking("retrieve a payment intent"):
            return _intent(await self._intents.retrieve_async(id, {"expand": ["latest_charge"]}))

    async def find_payment_intent(self, payment_id: UUID) -> Intent | None:
        """Return the intent with this payment's id in its metadata, if Stripe finds one.

        Stripe's search index may be a minute behind.
        """
        async with self._asking("search a payment intent", payment_id):
            found = (await self._intents.search_async({"query": f"metadata['payment_id']:'{payment_id}'"})).data
            return _intent(found[0]) if found else None

    async def cancel_payment_intent(self, id: str, payment_id: UUID) -> Intent:
        """Cancel an intent, so that nobody can pay it any more, and return it.

        Check the returned status: `canceled`; `succeeded` if it was paid first (refund it); `processing` if Stripe
        does not know yet (call again later).
        """
        try:
            async with self._asking("cancel a payment intent", payment_id):
                # No idempotency key: with one, Stripe would repeat a first "cannot be cancelled now" for a day,
                # although the intent may become payable again meanwhile. Cancelling twice is harmless.
                return _intent(await self._intents.cancel_async(id, {"cancellation_reason": "abandoned"}))
        except PaymentRefused as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
        return await self.retrieve_payment_intent(id)


def _intent(intent: stripe.PaymentIntent) -> Intent:
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    return Intent(
        intent.id,
        intent.client_secret or "",
        intent.status,
        intent.amount,
        intent.amount_received,
        refunded_cents=charge.amount_refunded if charge is not None else 0,
        paid_at=moment_of(charge.created) if charge is not None and charge.paid else None,
        payment_id=our_id(intent.metadata, "payment_id"),
        charge_id=id_of(intent.latest_charge),
        disputed=charge is not None and charge.disputed,
    )
