"""What can be in the way of a payment."""

from backend.problems.problem import Problem


class PaymentBelowMinimum(Problem):
    """Raised when a payment would be below the least amount that Stripe takes."""

    code, status = "payment.below_minimum", 422
