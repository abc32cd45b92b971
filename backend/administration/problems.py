"""The problems that an admin's requests can answer with."""

from backend.problems.problem import Problem


class AccountNotFound(Problem):
    """Raised when an account does not exist."""

    code, status = "account.not_found", 404


class OwnSuspension(Problem):
    """Raised when an admin tries to suspend their own account."""

    code, status = "account.own_suspension", 409


class CollectorNotFound(Problem):
    """Raised when a collector does not exist."""

    code, status = "collector.not_found", 404


class DecisionUnknown(Problem):
    """Raised when an act is given a decision that it does not know."""

    code, status = "decision.unknown", 422


class RecordAppendOnly(Problem):
    """Raised when something tries to change a row of an append-only table."""

    code, status = "record.append_only", 409


class SettingUnknown(Problem):
    """Raised when the platform has no parameter of that name."""

    code, status = "setting.unknown", 422
