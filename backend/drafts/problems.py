"""Why no listing is drafted."""

from backend.problems.problem import Problem


class WhichShop(Problem):
    """You have several shops: say in `shop_id` for which of them to draft."""

    code, status = "draft.which_shop", 422
