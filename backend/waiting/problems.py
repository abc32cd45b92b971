"""Why somebody does not wait, or does not take what was kept for them."""

from backend.problems.problem import Problem


class SomeLeft(Problem):
    """There is some left: reserve it."""

    code, status = "waiting.some_left", 409


class AlreadyWaiting(Problem):
    """You are waiting for this lot already."""

    code, status = "waiting.already", 409


class WaitingNotFound(Problem):
    """There is no such place in line."""

    code, status = "waiting.not_found", 404


class NothingOffered(Problem):
    """Nothing has come back yet; you will be told as soon as a portion is kept for you."""

    code, status = "waiting.not_offered", 409


class OfferLapsed(Problem):
    """The time in which a portion was kept for you is over; you may wait again."""

    code, status = "waiting.offer_lapsed", 409


class WaitingOver(Problem):
    """This place in line is over: it was taken, it lapsed, or the lot is over."""

    code, status = "waiting.over", 409
