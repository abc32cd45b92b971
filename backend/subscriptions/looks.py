"""The events of Stripe after which a subscription, an invoice of one or a refund is looked at."""

from backend.stripe.looks import Looks

LOOKS: Looks = {
    "checkout.session.completed": "subscriptions.look_at_checkout",
    **dict.fromkeys(
        (
            "customer.subscription.created",
            "customer.subscription.updated",
            "customer.subscription.deleted",
            "customer.subscription.paused",
            "customer.subscription.resumed",
        ),
        "subscriptions.look_at_subscription",
    ),
    **dict.fromkeys(
        ("invoice.paid", "invoice.payment_failed", "invoice.payment_action_required", "invoice.voided"),
        "subscriptions.look_at_invoice",
    ),
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed"), "subscriptions.look_at_refund"),
}
