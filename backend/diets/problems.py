"""The problem that keeping a diet can answer with."""

from backend.problems.problem import Problem


class DietConsentNeeded(Problem):
    """Raised when somebody wants to keep their diet without the consent to the current text about it."""

    code, status = "diet.consent_needed", 409
