"""Why a card is not shown or not printed."""

from backend.problems.problem import Problem


class CardNotFound(Problem):
    """This beneficiary has no card yet."""

    code, status = "card.not_found", 404


class CardReplaced(Problem):
    """One of these cards was revoked since this request was first made; send it with a new Idempotency-Key."""

    code, status = "card.replaced", 409
