"""Why nobody signs in at a kiosk, or why there is none."""

from backend.problems.problem import Problem


class KioskNotFound(Problem):
    """There is no such kiosk."""

    code, status = "kiosk.not_found", 404


class KioskUnknown(Problem):
    """This device is no kiosk, or not any more; its association can register it."""

    code, status = "kiosk.unknown", 403


class WrongCard(Problem):
    """This card is not recognised; its holder's association can make a new one at once."""

    code, status = "auth.wrong_card", 401
