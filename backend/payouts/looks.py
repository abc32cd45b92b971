"""The events of Stripe after which a shop's account, or a payout to its bank, is looked at."""

from backend.stripe.looks import Looks

_ACCOUNT = (
    # Told to us about connected accounts: the last by the v1 API, the others by thin events.
    "v2.core.account[requirements].updated",
    "v2.core.account[configuration.recipient].capability_status_updated",
    "v2.core.account.closed",
    "account.updated",
)
_PAYOUT = (
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
    "payout.reconciliation_completed",
)

_DISPUTE = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)

LOOKS: Looks = {
    **dict.fromkeys(_ACCOUNT, "payouts.look_at_account"),
    **dict.fromkeys(_PAYOUT, "payouts.look_at_payout"),
    **dict.fromkeys(_DISPUTE, "payouts.look_at_dispute"),
}
