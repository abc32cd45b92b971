"""The problems that second factors can answer with."""

from backend.problems.problem import Problem


class ChallengeOver(Problem):
    """Raised when a challenge token is unknown, was used or is older than five minutes."""

    code, status = "auth.challenge_over", 401


class WrongSecondFactor(Problem):
    """Raised when a code is wrong, was used before or belongs to another time; never says which."""

    code, status = "auth.wrong_second_factor", 401


class SecondFactorLocked(Problem):
    """Raised when too many codes were tried for one account, or from one network address."""

    code, status = "auth.second_factor_locked", 429


class SecondFactorExists(Problem):
    """Raised when somebody adds a second factor who has one."""

    code, status = "second_factor.exists", 409


class SecondFactorNotFound(Problem):
    """Raised when the account has no second factor, or no enrolment that waits for a code."""

    code, status = "second_factor.not_found", 404


class OwnFactorReset(Problem):
    """Raised when an admin asks to reset their own second factor."""

    code, status = "second_factor.own_reset", 409
