"""Why a suspended lot is not shown or not changed."""

from backend.problems.problem import Problem


class SuspendedLotNotFound(Problem):
    """There is no such suspended lot."""

    code, status = "suspended_lot.not_found", 404


class SuspendedLotOffered(Problem):
    """Your gift is on offer already; what nobody collects is given back or moved, as you chose."""

    code, status = "suspended_lot.offered", 409


class SuspendedLotOver(Problem):
    """The pickup window of this gift is over, or it was never paid: this can no longer be chosen."""

    code, status = "suspended_lot.over", 409
