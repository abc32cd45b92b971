"""What can go wrong between EcoPanier and Stripe, on demand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from scripts.stand_ins.stripe.refusals import Refusal

Mode = Literal[
    "drop_before",  # the connection breaks before anything happened
    "drop_reply",  # it happened, and the reply is lost
    "slow",  # it happens `seconds` later, whether or not the client still listens
    "rate_limit",  # 429, nothing happened
    "error_500",  # 500, nothing happened, a retry works
    "error_500_kept",  # 500 although it happened, and that 500 is the answer to this key from now on
    "processing",  # a confirmation that succeeds only `seconds` later
]


@dataclass
class Fault:
    operation: str
    mode: Mode
    times: int
    seconds: float


class Faults:
    """The faults that are armed; each strikes `times` requests of its operation (`*`: any) and is gone."""

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
    """A promised body that never comes: the server closes the connection in the middle of its answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
