"""The problems of mandates and of enrolment by software."""

from backend.problems.problem import Problem


class MandateNotFound(Problem):
    """Raised when an association has not granted such a mandate."""

    code, status = "mandate.not_found", 404


class AssociationUnverified(Problem):
    """Raised when an association that no admin has verified grants a mandate."""

    code, status = "mandate.association_unverified", 409


class MandateMissing(Problem):
    """Raised when an API client has no mandate in force for what it asks."""

    code, status = "mandate.missing", 403


class MandateWhich(Problem):
    """Raised when an API client with several mandates does not say for which association it enrols people."""

    code, status = "mandate.which", 422


class BatchNotFound(Problem):
    """Raised when an API client has no such batch, or its results are not kept any more."""

    code, status = "batch.not_found", 404
