"""Why an admin's decision is refused."""

from backend.problems.problem import Fact


class AccountNotFound(Fact):
    """There is no such account."""

    code, status = "account.not_found", 404


class OwnSuspension(Fact):
    """Nobody suspends themselves: ask another admin."""

    code, status = "account.own_suspension", 409


class CollectorNotFound(Fact):
    """There is no such collector."""

    code, status = "collector.not_found", 404


class DecisionUnknown(Fact):
    """This is not a decision that can be taken here."""

    code, status = "decision.unknown", 422


class RecordAppendOnly(Fact):
    """What was recorded does not change."""

    code, status = "record.append_only", 409


class SettingUnknown(Fact):
    """The platform has no such parameter."""

    code, status = "setting.unknown", 422
