"""Why no listing is drafted."""

from backend.problems.problem import Fact


class WhichShop(Fact):
    """You have several shops: say in `shop_id` for which of them to draft."""

    code, status = "draft.which_shop", 422
