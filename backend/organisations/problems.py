"""The problems that organisations can answer with."""

from backend.problems.problem import Problem, constraint_problems


class OrganisationNotFound(Problem):
    """Raised when an organisation does not exist, or the caller has not the role there that a request needs."""

    code, status = "organisation.not_found", 404


class OrganisationClosed(Problem):
    """Raised when an admin changes an organisation that is closed."""

    code, status = "organisation.closed", 409


class OrganisationSirenInvalid(Problem):
    """Raised when a number is not a SIREN with a valid check digit."""

    code, status = "organisation.siren_invalid", 422


class OrganisationSirenTaken(Problem):
    """Raised when another active organisation has the same SIREN."""

    code, status = "organisation.siren_taken", 409


class OrganisationTerritoryUnfit(Problem):
    """Raised when there is no such territory, or it is none that this kind of organisation can have."""

    code, status = "organisation.territory_unfit", 422


constraint_problems({"organisations_siren_key": OrganisationSirenTaken})
