"""Faults between EcoPanier and Stripe that tests can ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from scripts.stand_ins.stripe.refusals import Refusal

Mode = Literal[
    "drop_before",  # the connection breaks before anything happens
    "drop_reply",  # the operation happens, but the reply is lost
    "slow",  # the operation happens `seconds` later, whether or not the client still waits
    "rate_limit",  # 429, and nothing happens
    "error_500",  # 500, and nothing happens; a retry works
    "error_500_kept",  # 500 although the operation happens; the 500 is kept as the answer to this key
    "error_500_undone",  # 500 and nothing happens, but the 500 is kept as the answer to this key
    "lacks_funds",  # the balance that pays a transfer, reversal or refund does not suffice
    "processing",  # the confirmation succeeds only `seconds` later
]


@dataclass
class Fault:
    operation: str
    mode: Mode
    times: int
    seconds: float


class Faults:
    """The armed faults. Each affects the next `times` requests of its operation (`*`: any operation)."""

    def __init__(self, operations: Iterable[str]) -> None:
        self._operations = {*operations, "*"}
        self._armed: list[Fault] = []

    def arm(self, wanted: dict[str, Any]) -> Fault:
        fault = Fault(
            operation=wanted.get("operation", "*"),
            mode=wanted.get("mode", ""),
            times=int(wanted.get("times", 1)),
            seconds=float(wanted.get("seconds", 1.0)),
        )
        if fault.operation not in self._operations:
            raise ValueError(f"no such operation: {fault.operation}; there are {sorted(self._operations)}")
        if fault.mode not in get_args(Mode):
            raise ValueError(f"no such mode: {fault.mode}; there are {get_args(Mode)}")
        self._armed.append(fault)
        return fault

    def disarm(self) -> None:
        self._armed.clear()

    @property
    def armed(self) -> list[Fault]:
        return self._armed

    def strike(self, operation: str) -> Fault | None:
        for fault in self._armed:
            if fault.operation in (operation, "*"):
                fault.times -= 1
                if fault.times <= 0:
                    self._armed.remove(fault)
                return fault
        return None


def rate_limited() -> Refusal:
    return Refusal(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": "global-rate"},
    )


def broken() -> Refusal:
    return Refusal(500, "An unknown error occurred.", kind="api_error")


class LostReply(Response):
    """Announces a body that never comes, so that the connection closes in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
