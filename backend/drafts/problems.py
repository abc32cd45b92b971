"""The problems that drafting a listing can answer with."""

from backend.problems.problem import Problem


class WhichShop(Problem):
    """Raised when a merchant with several shops does not say for which of them to draft."""

    code, status = "draft.which_shop", 422


class DraftNotFound(Problem):
    """Raised when no draft was made from a photo of the caller's, or its photo is no longer kept."""

    code, status = "draft.not_found", 404
