"""Stripe's error answers."""

from typing import Any


class Refusal(Exception):
    """Raised for an answer other than 200, with Stripe's message.

    began: whether the operation had begun. If so, its effects are kept and the answer is kept for its idempotency key,
    as with Stripe. A refusal before that (bad parameter, busy key) leaves nothing behind.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        began: bool = False,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.began = began
        self.headers = headers or {}
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.error["param"] = param
        self.error.update(more)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def missing(kind: str, id: str, *, status: int = 404, param: str = "id") -> Refusal:
    """No such object: 404 for an id in the path, 400 for one in a parameter."""
    return Refusal(status, f"No such {kind}: '{id}'", code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> Refusal:
    """Return the error for a PaymentIntent whose status does not allow the operation. It contains the intent."""
    return Refusal(400, message, code="payment_intent_unexpected_state", began=True, payment_intent=intent)
