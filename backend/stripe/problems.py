"""What Stripe's client refuses."""

from backend.problems.problem import Problem


class PaymentUnavailable(Problem):
    """Payment cannot be reached right now; nothing was charged twice, and trying again is safe."""

    code, status = "payment.unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it


class WebhookDisabled(Problem):
    """No webhook secret is set, so events from Stripe are not accepted here."""

    code, status = "payment.webhook_disabled", 404


class WebhookNotGenuine(Problem):
    """The event is not signed by Stripe, is too old, or comes from the future."""

    code, status = "payment.webhook_not_genuine", 400
