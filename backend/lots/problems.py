"""Why a lot is not shown, published or changed."""

from backend.problems.problem import Problem, constraint_problems


class LotNotFound(Problem):
    """There is no such lot."""

    code, status = "lot.not_found", 404


class LotClosed(Problem):
    """This lot is closed: it was withdrawn or recalled, or its pickup window is over."""

    code, status = "lot.closed", 409


class LotHasReservations(Problem):
    """Somebody has reserved this lot: price, window, dates and food stay as they saw them."""

    code, status = "lot.has_reservations", 409


class LotAlreadyPublished(Problem):
    """A published lot does not become a draft again; withdraw it instead."""

    code, status = "lot.already_published", 409


class LotStatusNotYours(Problem):
    """A lot is made a draft or published by its merchant; every other status follows from what happens to it."""

    code, status = "lot.status_not_yours", 422


class QuantityBelowReserved(Problem):
    """More portions than that are reserved or handed over."""

    code, status = "lot.quantity_below_reserved", 409


class PriceOutsideLaw(Problem):
    """A discounted lot costs from 30 % to 70 % of the original price, a free one nothing."""

    code, status = "lot.price_outside_law", 422


class PickupWindowInvalid(Problem):
    """The pickup window ends after it begins, and lasts at most 72 hours."""

    code, status = "lot.pickup_window_invalid", 422


class WindowOver(Problem):
    """The pickup window is over; a lot is published before that."""

    code, status = "lot.window_over", 422


class FoodDateMismatch(Problem):
    """A use-by or best-before lot has its date; a lot without a date has none."""

    code, status = "lot.food_date_mismatch", 422


class UseByBeforePickup(Problem):
    """The food's use-by date is before the day on which the pickup window ends."""

    code, status = "lot.use_by_before_pickup", 422


class BecomesFreeInvalid(Problem):
    """What is unsold of a discounted lot becomes free before its window ends; a free lot is free already."""

    code, status = "lot.becomes_free_invalid", 422


class FairDrawNotFree(Problem):
    """A draw is for free lots; discounted ones go to those who wait in the order in which they came."""

    code, status = "lot.fair_draw_not_free", 422


class PastUseBy(Problem):
    """The use-by date has passed: this food may not be sold, given or handed over."""

    code, status = "lot.past_use_by", 409


class UseByTooNear(Problem):
    """Food is given to an association two days before its use-by date, unless it distributes in time."""

    code, status = "lot.use_by_too_near", 409


class LotRecalled(Problem):
    """This food is recalled: nobody may eat it. Where only some batches are, the lot says which batch it is of."""

    code, status = "lot.recalled", 409


class LotConverted(Problem):
    """What was unsold of this lot has become free and stays so; its merchant may withdraw it."""

    code, status = "lot.converted", 409


class PhotoUnknown(Problem):
    """There is no such photo."""

    code, status = "lot.photo_unknown", 422


constraint_problems(
    {
        "lots_price_check": PriceOutsideLaw,
        "lots_pickup_window_check": PickupWindowInvalid,
        "lots_food_date_check": FoodDateMismatch,
        "lots_use_by_check": UseByBeforePickup,
        "lots_becomes_free_check": BecomesFreeInvalid,
        "lots_fair_draw_check": FairDrawNotFree,
        "lots_remaining_check": QuantityBelowReserved,
    }
)
