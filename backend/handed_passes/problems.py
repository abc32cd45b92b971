"""Why a handed pass is not shown."""

from backend.problems.problem import Problem


class HandedPassUnknown(Problem):
    """This link opens no pass, or no longer: it was taken back or used, or the pickup window is over."""

    code, status = "handed_pass.unknown", 404
