"""Why an association is not shown, changed or verified, and why an agreement is not made, shown or ended."""

from backend.problems.problem import Problem, constraint_problems


class AssociationNotFound(Problem):
    """There is no such association."""

    code, status = "association.not_found", 404


class AssociationNumberInvalid(Problem):
    """This is neither an RNA (W and 9 characters) nor a SIRET (14 digits, of which the last ones check the others)."""

    code, status = "association.number_invalid", 422


class AssociationNumberMissing(Problem):
    """Give the association's RNA or its SIRET: at least one of them."""

    code, status = "association.number_missing", 422


class AssociationNumberFixed(Problem):
    """The association was verified under this number, so it cannot change it by itself; write to us."""

    code, status = "association.number_fixed", 409


class AssociationNumberTaken(Problem):
    """A verified association has this RNA or SIRET already."""

    code, status = "association.number_taken", 409


class PeriodInvalid(Problem):
    """A period ends in the month in which it begins, or later, and has at most 36 months."""

    code, status = "period.invalid", 422


class AgreementNotFound(Problem):
    """There is no such agreement, or it is not yours."""

    code, status = "agreement.not_found", 404


class AgreementExists(Problem):
    """The association and the shop have an agreement already, or one to be confirmed; end it first."""

    code, status = "agreement.exists", 409


class AgreementDecided(Problem):
    """This agreement is no longer waiting for an answer."""

    code, status = "agreement.decided", 409


class AgreementOver(Problem):
    """This agreement is over already."""

    code, status = "agreement.over", 409


class AgreementDaysInvalid(Problem):
    """An agreement is signed today or before, and ends after that, today or later."""

    code, status = "agreement.days_invalid", 422


class DocumentNotPdf(Problem):
    """The document is not a whole PDF file, whatever its name says."""

    code, status = "document.not_pdf", 415
    headers = {"Accept": "application/pdf"}  # noqa: RUF012  read-only, as Problem declares it


class DocumentTooLarge(Problem):
    """A document may have at most 10 MB."""

    code, status = "document.too_large", 413


class DocumentStoreUnavailable(Problem):
    """Documents cannot be kept or read at the moment; try again shortly."""

    code, status = "document.store_unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it


constraint_problems(
    {
        "associations_verified_rna_key": AssociationNumberTaken,
        "associations_verified_siret_key": AssociationNumberTaken,
        "agreements_living_key": AgreementExists,
    }
)
