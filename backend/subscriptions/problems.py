"""Problems of subscriptions."""

from backend.problems.problem import Problem


class PremiumAlready(Problem):
    """Raised when a merchant subscribes whose subscription has not ended."""

    code, status = "premium.already", 409


class PremiumNotBegun(Problem):
    """Raised when a merchant manages a subscription that was never begun."""

    code, status = "premium.not_begun", 404


class PremiumShopNeeded(Problem):
    """Raised when a merchant subscribes who has no shop, so that nobody could be invoiced."""

    code, status = "premium.shop_needed", 409
