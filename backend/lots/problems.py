"""The problems that lots can answer with."""

from backend.problems.problem import Problem, constraint_problems


class LotNotFound(Problem):
    """Raised when a lot does not exist or the caller may not see it."""

    code, status = "lot.not_found", 404


class LotClosed(Problem):
    """Raised when a lot was withdrawn or recalled, or can no longer be reserved because its window is over."""

    code, status = "lot.closed", 409


class LotHasReservations(Problem):
    """Raised when a change concerns what somebody who reserved the lot, or waits for it, has seen."""

    code, status = "lot.has_reservations", 409


class LotAlreadyPublished(Problem):
    """Raised when a published lot is made a draft again."""

    code, status = "lot.already_published", 409


class LotStatusNotYours(Problem):
    """Raised when a merchant sets a status other than draft or published."""

    code, status = "lot.status_not_yours", 422


class QuantityBelowReserved(Problem):
    """Raised when a new quantity is below the portions that are reserved or handed over."""

    code, status = "lot.quantity_below_reserved", 409


class PriceOutsideLaw(Problem):
    """Raised when a discounted lot does not cost 30 % to 70 % of the original price, or a free lot costs something."""

    code, status = "lot.price_outside_law", 422


class PickupWindowInvalid(Problem):
    """Raised when a pickup window does not end after it begins, or lasts more than 72 hours."""

    code, status = "lot.pickup_window_invalid", 422


class WindowOver(Problem):
    """Raised when a lot is published after its pickup window."""

    code, status = "lot.window_over", 422


class FoodDateMismatch(Problem):
    """Raised when a use-by or best-before lot has no date, or a lot without a date kind has one."""

    code, status = "lot.food_date_mismatch", 422


class UseByBeforePickup(Problem):
    """Raised when the use-by date is before the day on which the pickup window ends."""

    code, status = "lot.use_by_before_pickup", 422


class BecomesFreeInvalid(Problem):
    """Raised when unsold portions would become free in the past or after the window, or the lot is free already."""

    code, status = "lot.becomes_free_invalid", 422


class FairDrawNotFree(Problem):
    """Raised when a discounted lot is given a draw, which only free lots have."""

    code, status = "lot.fair_draw_not_free", 422


class OriginMissing(Problem):
    """Raised when a lot is published that has to say where its food comes from, and does not."""

    code, status = "lot.origin_missing", 422


class AlcoholOffered(Problem):
    """Raised when the words of a lot offer an alcoholic drink."""

    code, status = "lot.alcohol", 422


class PastUseBy(Problem):
    """Raised when the use-by date has passed, so that the food may not be sold, given or handed over."""

    code, status = "lot.past_use_by", 409


class UseByTooNear(Problem):
    """Raised when food would be given to an association less than 48 hours before its use-by date."""

    code, status = "lot.use_by_too_near", 409


class LotRecalled(Problem):
    """Raised when a lot is of recalled food, or may be because it does not say which batch it is of."""

    code, status = "lot.recalled", 409


class LotConverted(Problem):
    """Raised when a merchant changes price, kind or time of a lot whose unsold portions have become free."""

    code, status = "lot.converted", 409


class PhotoUnknown(Problem):
    """Raised when a lot names a photo that does not exist or is not its merchant's."""

    code, status = "lot.photo_unknown", 422


constraint_problems(
    {
        "lots_price_check": PriceOutsideLaw,
        "lots_pickup_window_check": PickupWindowInvalid,
        "lots_food_date_check": FoodDateMismatch,
        "lots_use_by_check": UseByBeforePickup,
        "lots_becomes_free_check": BecomesFreeInvalid,
        "lots_fair_draw_check": FairDrawNotFree,
        "lot_stock_remaining_check": QuantityBelowReserved,
    }
)
