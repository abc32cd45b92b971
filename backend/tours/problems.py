"""The problems that tours can answer with."""

from backend.problems.problem import Problem


class TourNotFound(Problem):
    """Raised when a tour does not exist or is not the caller's."""

    code, status = "tour.not_found", 404


class StopNotFound(Problem):
    """Raised when a tour has no stop with this number."""

    code, status = "tour.no_such_stop", 404


class TourNotUnderWay(Problem):
    """Raised when a step is reported from a tour that was not accepted, or is over."""

    code, status = "tour.not_under_way", 409


class SheetNotSigned(Problem):
    """Raised when a tour has no signed sheet, or is not the caller's."""

    code, status = "tour.no_signed_sheet", 404


class StepOfOtherContent(Problem):
    """Raised when a step is sent again with the id of another one."""

    code, status = "step.other_content", 409


class StepInTheFuture(Problem):
    """Raised when a step happened later than now, by more than five minutes."""

    code, status = "step.in_the_future", 422


class StepTooOld(Problem):
    """Raised when a step happened more than 72 hours ago."""

    code, status = "step.too_old", 422


class StepPhotoUnknown(Problem):
    """Raised when the photo of a step was not taken by the collector for it."""

    code, status = "step.photo_unknown", 422
