"""Problems of kiosks and of signing in there."""

from backend.problems.problem import Problem


class KioskNotFound(Problem):
    """Raised when a kiosk does not exist or is not the caller's."""

    code, status = "kiosk.not_found", 404


class KioskUnknown(Problem):
    """Raised when a device is not a kiosk, or no longer one."""

    code, status = "kiosk.unknown", 403


class WrongCard(Problem):
    """Raised when a card is unknown, revoked, or of another association."""

    code, status = "auth.wrong_card", 401
