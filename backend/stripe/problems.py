"""The problems that Stripe's client and its webhook can answer with."""

from backend.problems.problem import Problem


class PaymentUnavailable(Problem):
    """Raised when Stripe cannot be reached, or answers with something else than was asked for.

    Every request has an idempotency key, so trying again charges nothing twice.
    """

    code, status = "payment.unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it


class WebhookDisabled(Problem):
    """Raised when an event from Stripe arrives and no webhook secret is set."""

    code, status = "payment.webhook_disabled", 404


class WebhookNotGenuine(Problem):
    """Raised when an event is not signed by Stripe, is too old, or is dated in the future."""

    code, status = "payment.webhook_not_genuine", 400
