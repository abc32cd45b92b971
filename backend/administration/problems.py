"""Why an admin's decision is refused."""

from backend.problems.problem import Problem


class AccountNotFound(Problem):
    """There is no such account."""

    code, status = "account.not_found", 404


class OwnSuspension(Problem):
    """Nobody suspends themselves: ask another admin."""

    code, status = "account.own_suspension", 409


class CollectorNotFound(Problem):
    """There is no such collector."""

    code, status = "collector.not_found", 404


class DecisionUnknown(Problem):
    """This is not a decision that can be taken here."""

    code, status = "decision.unknown", 422


class RecordAppendOnly(Problem):
    """What was recorded does not change."""

    code, status = "record.append_only", 409


class SettingUnknown(Problem):
    """The platform has no such parameter."""

    code, status = "setting.unknown", 422
