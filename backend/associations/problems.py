"""The problems that associations and their agreements with shops can answer with."""

from backend.problems.problem import Problem, constraint_problems


class WhichAssociation(Problem):
    """Raised when somebody who works for several associations does not say for which one they act."""

    code, status = "association.which", 422


class AssociationNotFound(Problem):
    """Raised when an association does not exist or the caller may not see it."""

    code, status = "association.not_found", 404


class AssociationNumberInvalid(Problem):
    """Raised when a number is not an RNA (W and 9 characters), or not a SIRET with valid check digits."""

    code, status = "association.number_invalid", 422


class AssociationNumberMissing(Problem):
    """Raised when a change would leave an association with neither RNA nor SIRET."""

    code, status = "association.number_missing", 422


class AssociationNumberFixed(Problem):
    """Raised when a verified association changes the number under which it was verified."""

    code, status = "association.number_fixed", 409


class AssociationOutsideTerritory(Problem):
    """Raised when an association's coordinates are not in the territory of its commune."""

    code, status = "association.outside_territory", 422


class AssociationZoneFixed(Problem):
    """Raised when an association that was verified moves to a commune in another time zone."""

    code, status = "association.zone_fixed", 409


class AssociationNumberTaken(Problem):
    """Raised when another verified association has the same RNA or SIRET."""

    code, status = "association.number_taken", 409


class PeriodInvalid(Problem):
    """Raised when a period ends before the month in which it begins, or has more than 36 months."""

    code, status = "period.invalid", 422


class AgreementNotFound(Problem):
    """Raised when an agreement does not exist or is not the caller's."""

    code, status = "agreement.not_found", 404


class AgreementExists(Problem):
    """Raised when the association and the shop have an agreement in force or one that waits for an answer."""

    code, status = "agreement.exists", 409


class AgreementDecided(Problem):
    """Raised when an agreement that is no longer proposed is confirmed or declined."""

    code, status = "agreement.decided", 409


class AgreementOver(Problem):
    """Raised when an agreement that is already over is ended."""

    code, status = "agreement.over", 409


class AgreementDaysInvalid(Problem):
    """Raised when an agreement is signed in the future, or ends before today or before it is signed."""

    code, status = "agreement.days_invalid", 422


class DocumentNotPdf(Problem):
    """Raised when an uploaded document is not a complete PDF file, whatever its name says."""

    code, status = "document.not_pdf", 415
    headers = {"Accept": "application/pdf"}  # noqa: RUF012  read-only, as Problem declares it


class DocumentTooLarge(Problem):
    """Raised when an uploaded document has more than 10 MB."""

    code, status = "document.too_large", 413


class DocumentStoreUnavailable(Problem):
    """Raised when the store of documents cannot save or read a file now."""

    code, status = "document.store_unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it


WHICH = (AssociationNotFound, WhichAssociation)
"""Responses of routes that act for an association: it was not named, or the caller does not work there."""

constraint_problems(
    {
        "associations_verified_rna_key": AssociationNumberTaken,
        "associations_verified_siret_key": AssociationNumberTaken,
        "agreements_living_key": AgreementExists,
    }
)
