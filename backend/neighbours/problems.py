"""The problems that invitations of shops by others can answer with."""

from backend.problems.problem import Problem


class InvitationsUsedUp(Problem):
    """Raised when a shop has made twenty invitations within seven days."""

    code, status = "shop_invitation.week_full", 409
