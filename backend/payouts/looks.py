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

LOOKS: Looks = {
    **dict.fromkeys(_ACCOUNT, "payouts.look_at_account"),
    **dict.fromkeys(_PAYOUT, "payouts.look_at_payout"),
}
