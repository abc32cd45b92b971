"""Why a beneficiary is not enrolled, shown or renewed."""

from backend.errors import Fact


class BeneficiaryNotFound(Fact):
    """There is no such beneficiary."""

    code, status = "beneficiary.not_found", 404


class AlreadyEnrolled(Fact):
    """This person is enrolled already, by you or by another association; another one can transfer them to you."""

    code, status = "beneficiary.already_enrolled", 409


class RightInThePast(Fact):
    """The right would end before today."""

    code, status = "beneficiary.right_in_the_past", 422


class BornInTheFuture(Fact):
    """The date of birth is after today."""

    code, status = "beneficiary.born_in_the_future", 422


class CodesUsedUp(Fact):
    """No beneficiary code of this year is left; try again, and tell us if it goes on."""

    code, status = "beneficiary.codes_used_up", 503
