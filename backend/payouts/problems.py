"""Problems of payouts and disputes."""

from backend.problems.problem import Problem


class PayoutAccountClosed(Problem):
    """Raised when a shop's payout account was closed at Stripe: a person has to help."""

    code, status = "payout_account.closed", 409


class PayoutAccountNeeded(Problem):
    """Raised when a shop publishes a discounted lot although money waits that cannot be transferred to it."""

    code, status = "shop.payout_account_needed", 409


class DisputeNotFound(Problem):
    """Raised when there is no such dispute."""

    code, status = "dispute.not_found", 404


class DisputeNotLost(Problem):
    """Raised when an admin decides who bears a dispute that is not lost, or that was decided already."""

    code, status = "dispute.not_lost", 409


class PayoutAddressNeeded(Problem):
    """Raised when an owner without an e-mail address begins a payout account: Stripe writes to it."""

    code, status = "payout_account.address_needed", 409
