"""The problems that members and invitations can answer with."""

from backend.problems.problem import Problem


class MemberNotFound(Problem):
    """Raised when a shop, an association or an organisation has no such member, nor such an invitation."""

    code, status = "member.not_found", 404


class AlreadyMember(Problem):
    """Raised when the account with an invited address is a member there already."""

    code, status = "member.already", 409


class MemberNotJoined(Problem):
    """Raised when an invitation that nobody has accepted is to become an owner's."""

    code, status = "member.not_joined", 409


class LastOwner(Problem):
    """Raised when the last owner of a place would leave, be removed or get another role."""

    code, status = "member.last_owner", 409


class InvitationNotFound(Problem):
    """Raised when an invitation does not exist, has ended, or was accepted, withdrawn or replaced."""

    code, status = "invitation.not_found", 404


class InvitationForOtherAddress(Problem):
    """Raised when the caller's confirmed address is not the one that an invitation was sent to."""

    code, status = "invitation.other_address", 403


class WorkplaceUnverified(Problem):
    """Raised when somebody is invited to a shop or an association that no admin has verified."""

    code, status = "invitation.workplace_unverified", 409
