"""The problems that texts, and the agreement to them, can answer with."""

from collections.abc import Mapping
from typing import Any, ClassVar

from backend.problems.problem import Problem


class TextNotFound(Problem):
    """Raised when a text, or a version of it, does not exist."""

    code, status = "terms.not_found", 404


class ConsentVersionUnknown(Problem):
    """Raised when a consent names another version than the current one, which the answer names."""

    code, status = "consent.version_unknown", 422
    example: ClassVar[Mapping[str, Any]] = {"current_version": "2026-01"}

    def __init__(self, current_version: str) -> None:
        super().__init__(current_version=current_version)


class TermsToAccept(Problem):
    """Raised when somebody signs in 30 days after they were asked to agree to new terms, and has not agreed."""

    code, status = "consent.terms_to_accept", 403
    example: ClassVar[Mapping[str, Any]] = {"current_version": "2026-01"}

    def __init__(self, current_version: str) -> None:
        super().__init__(current_version=current_version)
