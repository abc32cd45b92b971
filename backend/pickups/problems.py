"""Problems at the counter."""

from typing import ClassVar

from backend.problems.problem import Problem


class PassUnknown(Problem):
    """Raised when no reservation at the caller's shops has the pass."""

    code, status = "pass.unknown", 404


class WrongPin(Problem):
    """Raised when a PIN does not belong to the pass."""

    code, status = "pass.wrong_pin", 403
    example: ClassVar = {"tries_left": 4}


class PassLocked(Problem):
    """Raised when a pass had 5 wrong PINs; its holder can make a new one."""

    code, status = "pass.locked", 423


class PassAlreadyUsed(Problem):
    """Raised when the portions of a pass were handed over already."""

    code, status = "pass.already_used", 409


class PassOutsideWindow(Problem):
    """Raised when the pickup window has not begun or is over."""

    code, status = "pass.outside_window", 409


class PickupTimeRefused(Problem):
    """Raised when `shown_at` is in the future, over 12 hours ago, or not from a station."""

    code, status = "pickup.time_refused", 422
