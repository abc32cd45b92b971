"""How tests read the product's answers and refusals."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest


@dataclass(frozen=True)
class Refusal:
    """A problem+json answer: `refusal.code`, `.status`, and the rest in `.body`."""

    status: int
    code: str
    body: dict[str, Any]
    headers: httpx2.Headers = field(compare=False, repr=False)


class Refused(Exception):
    """The product refused what a test expected to work."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.refusal = refusal_in(answer)
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")


def refusal_in(answer: httpx2.Response) -> Refusal:
    """Return the refusal in an answer, which must be problem+json."""
    assert answer.status_code >= 400, f"expected a refusal, got {answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    return Refusal(answer.status_code, body["code"], body, answer.headers)


def accepted(answer: httpx2.Response) -> httpx2.Response:
    """Return a successful answer. Raise Refused if it is a refusal."""
    if not answer.is_success:
        raise Refused(answer)
    return answer


async def refused(attempt: Awaitable[Any]) -> Refusal:
    """Return the refusal that an attempt meets: `refusal = await refused(karim.withdraws(lot))`."""
    with pytest.raises(Refused) as caught:
        await attempt
    return caught.value.refusal
