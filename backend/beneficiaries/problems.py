"""Why a beneficiary is not enrolled, shown or renewed."""

from backend.problems.problem import Problem, constraint_problems


class BeneficiaryNotFound(Problem):
    """There is no such beneficiary."""

    code, status = "beneficiary.not_found", 404


class AlreadyEnrolled(Problem):
    """This person is enrolled already, by you or by another association; another one can transfer them to you."""

    code, status = "beneficiary.already_enrolled", 409


class RightInThePast(Problem):
    """The right would end before today."""

    code, status = "beneficiary.right_in_the_past", 422


class BornInTheFuture(Problem):
    """The date of birth is after today."""

    code, status = "beneficiary.born_in_the_future", 422


class CodesUsedUp(Problem):
    """No beneficiary code of this year is left; try again, and tell us if it goes on."""

    code, status = "beneficiary.codes_used_up", 503


class FileTooLarge(Problem):
    """A file has at most 20 MB; split it."""

    code, status = "import.too_large", 413


class FileNotCsv(Problem):
    """This file is empty or no CSV; in your spreadsheet, save it as CSV and send that."""

    code, status = "import.not_csv", 422


class ImportColumnsWrong(Problem):
    """The first line does not name the columns that we need; see `errors`, and the template."""

    code, status = "import.columns_wrong", 422


class ImportTooLong(Problem):
    """A file has at most 100,000 lines; split it."""

    code, status = "import.too_long", 422


class ImportNotFound(Problem):
    """There is no such import."""

    code, status = "import.not_found", 404


class TransferNotFound(Problem):
    """There is no such transfer."""

    code, status = "transfer.not_found", 404


class TransferPending(Problem):
    """This beneficiary is being transferred already; withdraw that first."""

    code, status = "transfer.pending", 409


class TransferOver(Problem):
    """This transfer was accepted, declined or withdrawn already."""

    code, status = "transfer.over", 409


class AlreadyThere(Problem):
    """This beneficiary is with that association already."""

    code, status = "transfer.already_there", 409


constraint_problems({"beneficiary_persons_identity_key": AlreadyEnrolled})
