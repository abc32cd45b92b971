"""Why food is not handed over."""

from typing import ClassVar

from backend.problems.problem import Problem


class PassUnknown(Problem):
    """No reservation for this counter has this pass."""

    code, status = "pass.unknown", 404


class WrongPin(Problem):
    """The PIN is wrong; tries left: {tries_left}."""

    code, status = "pass.wrong_pin", 403
    example: ClassVar = {"tries_left": 4}


class PassLocked(Problem):
    """The pass is locked after 5 wrong PINs; its holder can make a new one."""

    code, status = "pass.locked", 423


class PassAlreadyUsed(Problem):
    """This pass was used; the portions were handed over."""

    code, status = "pass.already_used", 409


class PassOutsideWindow(Problem):
    """The pickup window has not begun or is over."""

    code, status = "pass.outside_window", 409
