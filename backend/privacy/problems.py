"""What consents and erasure are refused with."""

from backend.problems.problem import Problem


class TermsNeeded(Problem):
    """Without the terms there is no account: erase it, and everything that we hold about you goes with it."""

    code, status = "consent.terms_needed", 409


class ConsentVersionUnknown(Problem):
    """This is not the current version of the text; read it again."""

    code, status = "consent.version_unknown", 422


class HasBeneficiaries(Problem):
    """People whom you enrolled count on you: transfer them to another association first."""

    code, status = "account.has_beneficiaries", 409


class LastAdmin(Problem):
    """You are the only admin; make another one first."""

    code, status = "account.last_admin", 409


class PasswordNeeded(Problem):
    """Erasing an account cannot be undone: confirm it with your password."""

    code, status = "account.password_needed", 403


class WrongPassword(Problem):
    """This is not the account's password; nothing was erased."""

    code, status = "account.wrong_password", 403
