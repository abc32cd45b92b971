"""The problem that changing an address can answer with, besides those of accounts and second factors."""

from backend.problems.problem import Problem


class CodeNeeded(Problem):
    """Raised when a grave change is confirmed by the password alone, although the account has a second factor."""

    code, status = "second_factor.code_needed", 403
