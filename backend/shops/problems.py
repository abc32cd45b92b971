"""The problems that shops can answer with."""

from backend.problems.problem import Problem, constraint_problems


class ShopNotFound(Problem):
    """Raised when a shop does not exist or the caller may not see it."""

    code, status = "shop.not_found", 404


class ShopSiretInvalid(Problem):
    """Raised when a number is not a SIRET with valid check digits."""

    code, status = "shop.siret_invalid", 422


class ShopSiretTaken(Problem):
    """Raised when another verified shop has the same SIRET."""

    code, status = "shop.siret_taken", 409


class ShopOutsideTerritory(Problem):
    """Raised when a shop's coordinates are not in the French territory of its commune."""

    code, status = "shop.outside_territory", 422


class ShopCoordinatesSwapped(Problem):
    """Raised when a shop's coordinates would be in its commune's territory if latitude and longitude were swapped."""

    code, status = "shop.coordinates_swapped", 422


class PagePhotoUnknown(Problem):
    """Raised when a page is to show a photo that nobody who works there took."""

    code, status = "photo.unknown", 422


class ShopNotVerified(Problem):
    """Raised when a lot of a shop that no admin has verified is published, or drafted from a photo."""

    code, status = "shop.not_verified", 409


class ShopPaused(Problem):
    """Raised when a lot is published while reports of a closed door pause its shop."""

    code, status = "shop.paused", 409


class ShopOwnerSuspended(Problem):
    """Raised when an admin decides about a shop whose merchant is suspended."""

    code, status = "shop.owner_suspended", 409


class ShopLotsOutlastUseBy(Problem):
    """Raised when a shop moves to a time zone in which food on offer would be collected after its use-by date."""

    code, status = "shop.lots_outlast_use_by", 409


constraint_problems({"shops_verified_siret_key": ShopSiretTaken})
