"""The problems that recurring listings can answer with."""

from backend.lots.problems import BecomesFreeInvalid, FoodDateMismatch, PriceOutsideLaw, UseByBeforePickup
from backend.problems.problem import Problem, constraint_problems


class RecurringNotFound(Problem):
    """Raised when a recurring listing does not exist or is not the caller's."""

    code, status = "recurring.not_found", 404


class WindowBeforePublication(Problem):
    """Raised when the pickup window would be over before the lot is published."""

    code, status = "recurring.window_before_publication", 422


class RecurringDayClosed(Problem):
    """Raised when a listing publishes nothing on a day, or has already published its lot of that day."""

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
