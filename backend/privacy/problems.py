"""The problems that consents and erasure can answer with."""

from backend.problems.problem import Problem


class TermsNeeded(Problem):
    """Raised when somebody withdraws their consent to the terms, without which there is no account."""

    code, status = "consent.terms_needed", 409


class HasBeneficiaries(Problem):
    """Raised when an association that still has beneficiaries is erased."""

    code, status = "account.has_beneficiaries", 409


class LastAdmin(Problem):
    """Raised when the only active admin is erased."""

    code, status = "account.last_admin", 409
