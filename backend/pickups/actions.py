"""Hand over the portions of a pass."""

from uuid import UUID

from backend.database.acts import Acts
from backend.http.rate_limits import refusal_headers
from backend.lots.problems import LotRecalled, PastUseBy
from backend.pickups.problems import PassAlreadyUsed, PassLocked, PassOutsideWindow, PassUnknown, WrongPin
from backend.pickups.schemas import PickupIn
from backend.problems.common import RateLimited
from backend.problems.problem import Problem
from backend.reservations.passes import Passes

_PROBLEMS: dict[str, type[Problem]] = {
    problem.code: problem
    for problem in (PassUnknown, PassLocked, PassAlreadyUsed, PassOutsideWindow, PastUseBy, LotRecalled)
}


async def pick_up(
    acts: Acts,
    passes: Passes,
    caller: UUID | None,
    shown: PickupIn,
    key: str | None = None,
    request_hash: bytes | None = None,
    *,
    station: bytes | None = None,
) -> bytes:
    """Hand over in one statement, and return the JSON of the answer.

    The PIN is derived from the code, so it is compared here; the act counts the outcome under the pass's lock before
    anything is answered. What cannot be a pass of ours is unknown and counts as no guess. With a key and the hash
    of its request, a repeated request gets the first answer again. A station hands over with the hash of its token
    instead of a caller.

    Raises WrongPin (with tries left), PassUnknown, PassLocked, PassAlreadyUsed, PassOutsideWindow, PastUseBy,
    LotRecalled, RateLimited; from the database IdempotencyMismatch, NotAllowed, NotSignedIn, StationPaused,
    PickupTimeRefused.
    """
    read = passes.read_qr(shown.qr) if shown.qr is not None else passes.read_code(shown.code or "")
    done = await acts.row(
        "pick_up",
        caller=caller,
        station=station,
        shown_at=shown.shown_at,
        pass_code=read.code,
        proven=read.proven,
        pin_matches=passes.pin_matches(read.code, shown.pin),
        idempotency_key=key,
        request_hash=request_hash,
    )
    problem = done["problem"]
    if problem is None:
        return bytes(done["body"], "utf-8")
    if problem == WrongPin.code:
        raise WrongPin(tries_left=done["tries_left"])
    if problem == RateLimited.code:
        most, seconds = done["most_guesses"], done["window_seconds"]
        raise RateLimited(headers=refusal_headers("pickup-guesses", most, seconds, seconds))
    raise _PROBLEMS[problem]
