"""The problems that beneficiaries, imports and transfers can answer with."""

from backend.problems.problem import Problem, constraint_problems


class BeneficiaryNotFound(Problem):
    """Raised when a beneficiary does not exist or is not the caller's."""

    code, status = "beneficiary.not_found", 404


class AlreadyEnrolled(Problem):
    """Raised when the same person is already enrolled, by the caller or by another association."""

    code, status = "beneficiary.already_enrolled", 409


class RightInThePast(Problem):
    """Raised when a right would end before today."""

    code, status = "beneficiary.right_in_the_past", 422


class RightTooLong(Problem):
    """Raised when a right would last longer than the database allows."""

    code, status = "beneficiary.right_too_long", 422


class BornInTheFuture(Problem):
    """Raised when a date of birth is after today."""

    code, status = "beneficiary.born_in_the_future", 422


class CodesUsedUp(Problem):
    """Raised when no free beneficiary code of this year was found."""

    code, status = "beneficiary.codes_used_up", 503


class FileTooLarge(Problem):
    """Raised when a file to import has more than 20 MB."""

    code, status = "import.too_large", 413


class FileNotCsv(Problem):
    """Raised when a file to import is empty or cannot be read as CSV."""

    code, status = "import.not_csv", 422


class ImportColumnsWrong(Problem):
    """Raised when the first line does not name the needed columns; `errors` lists which."""

    code, status = "import.columns_wrong", 422


class ImportTooLong(Problem):
    """Raised when a file to import has more than 100,000 lines."""

    code, status = "import.too_long", 422


class ImportNotFound(Problem):
    """Raised when an import does not exist or is not the caller's."""

    code, status = "import.not_found", 404


class TransferNotFound(Problem):
    """Raised when a transfer does not exist, does not concern the caller, or does not wait for them."""

    code, status = "transfer.not_found", 404


class TransferPending(Problem):
    """Raised when a transfer of the beneficiary already waits for an answer."""

    code, status = "transfer.pending", 409


class TransferOver(Problem):
    """Raised when a transfer was already accepted, declined or withdrawn."""

    code, status = "transfer.over", 409


class SecondAdminNeeded(Problem):
    """Raised when an admin answers a transfer that they asked for themselves."""

    code, status = "transfer.second_admin_needed", 409


class AlreadyThere(Problem):
    """Raised when a beneficiary already belongs to the association that is to receive them."""

    code, status = "transfer.already_there", 409


constraint_problems({"beneficiary_persons_identity_key": AlreadyEnrolled})
