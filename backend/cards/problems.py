"""The problems that cards can answer with."""

from backend.problems.problem import Problem


class CardNotFound(Problem):
    """Raised when a beneficiary has never had a card."""

    code, status = "card.not_found", 404


class CardReplaced(Problem):
    """Raised when a repeated request would print cards of which one was revoked in the meantime."""

    code, status = "card.replaced", 409
