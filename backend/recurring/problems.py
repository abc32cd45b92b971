"""Why a recurring listing is not shown or changed."""

from backend.lots.problems import BecomesFreeInvalid, FoodDateMismatch, PriceOutsideLaw, UseByBeforePickup
from backend.problems.problem import Problem, constraint_problems


class RecurringNotFound(Problem):
    """There is no such recurring listing."""

    code, status = "recurring.not_found", 404


class WindowBeforePublication(Problem):
    """The pickup window would be over before the lot is published."""

    code, status = "recurring.window_before_publication", 422


class RecurringDayClosed(Problem):
    """This listing publishes nothing on that day, or it has done so already: then its lot is changed instead."""

    code, status = "recurring.day_closed", 409


constraint_problems(
    {
        "recurring_listings_price_check": PriceOutsideLaw,
        "recurring_listings_food_date_check": FoodDateMismatch,
        "recurring_listings_use_by_check": UseByBeforePickup,
        "recurring_listings_window_check": WindowBeforePublication,
        "recurring_listings_becomes_free_check": BecomesFreeInvalid,
    }
)
