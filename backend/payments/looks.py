"""The events of Stripe after which a payment is looked at."""

from backend.stripe.looks import Looks

LOOK_AT_INTENT = "payments.look_at_intent"

LOOKS: Looks = dict.fromkeys(
    (
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.processing",
        "charge.refunded",
        # Stripe tells of refunds by both families, but not of every change by each.
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refund.updated",
    ),
    LOOK_AT_INTENT,
)
