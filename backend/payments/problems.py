"""Problems of payments."""

from backend.problems.problem import Problem


class PaymentBelowMinimum(Problem):
    """Raised when a payment would be below the least amount that Stripe takes."""

    code, status = "payment.below_minimum", 422


class PaymentNotDue(Problem):
    """Raised when somebody wants to pay a reservation that is paid, over, or free."""

    code, status = "payment.not_due", 409


class PaymentUnderWay(Problem):
    """Raised when a hold is already being paid, or was just paid, in another way."""

    code, status = "payment.under_way", 409
