"""Problems of pickup stations."""

from backend.problems.problem import Problem


class StationNotFound(Problem):
    """Raised when a shop has no such station."""

    code, status = "station.not_found", 404


class WrongPairingCode(Problem):
    """Raised when a pairing code is unknown, used or over, or its owner may not pair stations any more."""

    code, status = "station.wrong_code", 403


class StationPaused(Problem):
    """Raised when the shop of a station is not verified, or suspended; the station works again once it is restored."""

    code, status = "station.paused", 403
