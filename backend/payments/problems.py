"""What can be in the way of a payment."""

from backend.problems.problem import Problem


class PaymentBelowMinimum(Problem):
    """The card network takes no payment below 0.50 €; reserve more portions."""

    code, status = "payment.below_minimum", 422
