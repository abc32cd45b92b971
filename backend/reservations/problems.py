"""Problems of making, reading and cancelling reservations."""

from backend.problems.problem import Problem


class LotSoldOut(Problem):
    """Raised when fewer portions of a lot are left than somebody wants."""

    code, status = "lot.sold_out", 409


class LotChanged(Problem):
    """Raised when a lot became free, or stopped being free, while somebody who may see both was reserving it."""

    code, status = "lot.changed", 409


class DailyQuotaReached(Problem):
    """Raised when a reservation would exceed the free portions of the day, where the association is."""

    code, status = "quota.daily_reached", 409


class ReservationNotFound(Problem):
    """Raised when a reservation does not exist or is not the caller's to see."""

    code, status = "reservation.not_found", 404


class ReservationOver(Problem):
    """Raised when a reservation is collected, expired or past its window, so that nothing can change it any more."""

    code, status = "reservation.over", 409


class MailedPassUnknown(Problem):
    """Raised when the link in a mail opens no pass: a wrong token, a renewed pass, or a reservation that is over."""

    code, status = "pass.link_unknown", 404


class NoPassYet(Problem):
    """Raised when a reservation has no pass, because it is not confirmed or is over."""

    code, status = "pass.none", 409
