"""Why a shop is not registered, shown, changed or verified."""

from backend.problems.problem import Problem, constraint_problems


class ShopNotFound(Problem):
    """There is no such shop."""

    code, status = "shop.not_found", 404


class ShopSiretInvalid(Problem):
    """This is not a SIRET: 14 digits, of which the last ones check the others."""

    code, status = "shop.siret_invalid", 422


class ShopSiretTaken(Problem):
    """A verified shop has this SIRET already."""

    code, status = "shop.siret_taken", 409


class ShopNotVerified(Problem):
    """An admin has to verify the shop before its lots are published; keep the lot as a draft until then."""

    code, status = "shop.not_verified", 409


class ShopOwnerSuspended(Problem):
    """The shop's merchant is suspended; restore the account first."""

    code, status = "shop.owner_suspended", 409


constraint_problems({"shops_verified_siret_key": ShopSiretTaken})
