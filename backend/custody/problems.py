"""The problems that receptions and declarations can answer with."""

from backend.problems.problem import Problem


class AlreadyReceived(Problem):
    """Raised when a collection has been received already."""

    code, status = "reception.exists", 409


class ReceptionTooEarly(Problem):
    """Raised when nothing was taken of a collection yet."""

    code, status = "reception.too_early", 409


class CollectionOver(Problem):
    """Raised when a collection is received that was refused or cancelled, or failed."""

    code, status = "reception.over", 409


class ReceptionItemUnknown(Problem):
    """Raised when an item is not one of the collection."""

    code, status = "reception.item_unknown", 422


class MoreThanTaken(Problem):
    """Raised when more is accepted of an item than was taken."""

    code, status = "reception.more_than_taken", 422


class RefusalWithoutReason(Problem):
    """Raised when less is accepted of an item than was taken, and no reason is given."""

    code, status = "reception.reason_missing", 422


class WeightMissing(Problem):
    """Raised when something is accepted of which neither the weight nor the portions are known."""

    code, status = "reception.weight_missing", 422


class ItemFrozen(Problem):
    """Raised when an item is accepted whose cold chain broke, or that is recalled."""

    code, status = "reception.item_frozen", 409


class TooWarm(Problem):
    """Raised when an item is accepted at a temperature beyond its legal limit."""

    code, status = "reception.too_warm", 409


class NothingReceived(Problem):
    """Raised when nothing was received of a collection yet."""

    code, status = "outcome.not_received", 409


class MoreThanAccepted(Problem):
    """Raised when more is declared of a reception than was accepted."""

    code, status = "outcome.more_than_accepted", 409


class OutcomeOfWrongDay(Problem):
    """Raised when the day of a declaration is before the reception or in the future."""

    code, status = "outcome.wrong_day", 422


class AlreadyOnReceipt(Problem):
    """Raised when goods are valued that a donation receipt names already."""

    code, status = "donation.issued", 409


class NothingToReceipt(Problem):
    """Raised when nothing was received between two days that is on no donation receipt yet."""

    code, status = "donation.nothing", 409


class NotValued(Problem):
    """Raised when the shop has not said what some of the goods cost."""

    code, status = "donation.not_valued", 409


class PaperNotFound(Problem):
    """Raised when a donation receipt does not exist or is not for the caller."""

    code, status = "donation.not_found", 404
