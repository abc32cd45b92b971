"""The problems that any route can answer with; a feature's own stand in its `problems.py`."""

from backend.problems.problem import Problem


class NotSignedIn(Problem):
    """Raised when the access token is missing, has expired or is not valid."""

    code, status = "access.unauthenticated", 401
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012  read-only, as Problem declares it


class NotAllowed(Problem):
    """Raised when the caller's account may not do this."""

    code, status = "access.forbidden", 403


class PremiumNeeded(Problem):
    """Raised when a shop asks for a feature of Premium that it does not have."""

    code, status = "premium.needed", 403


class NotAtKiosk(Problem):
    """Raised when a session at a kiosk asks for something that is not for a shared device."""

    code, status = "kiosk.not_here", 403


class NotAtStation(Problem):
    """Raised when a pickup station asks for anything but a pickup or itself."""

    code, status = "station.not_here", 403


class NotForClients(Problem):
    """Raised when an API client asks for something that is for people."""

    code, status = "client.not_here", 403


class ScopeMissing(Problem):
    """Raised when the token of an API client has not the scope that a route needs."""

    code, status = "client.scope_missing", 403


class PathUnknown(Problem):
    """Raised when there is nothing at an address, or nothing that the caller may see."""

    code, status = "path.unknown", 404


class MethodNotAllowed(Problem):
    """Raised when an address does not know the request's method; the Allow header names those that it knows."""

    code, status = "method.not_allowed", 405


class RequestMalformed(Problem):
    """Raised when a request could not be read."""

    code, status = "request.malformed", 400


class RequestRefused(Problem):
    """Raised for a refusal of the framework whose status has no problem of its own."""

    code, status = "request.refused", 400


class RequestInvalid(Problem):
    """Raised when some fields of a request are not accepted; `errors` lists them."""

    code, status = "request.invalid", 422


class BodyUnreadable(Problem):
    """Raised when a body is not strict JSON in UTF-8 (RFC 8259), or has values that cannot be stored."""

    code, status = "body.unreadable", 422


class BodyTooLarge(Problem):
    """Raised when a body is larger than its address accepts."""

    code, status = "body.too_large", 413


class HeadTooLarge(Problem):
    """Raised when the address and the headers of a request are larger than 16 KiB in all."""

    code, status = "request.head_too_large", 431


class BodyOfWrongType(Problem):
    """Raised when an address does not accept the body's content type; the Accept header names those that it does."""

    code, status = "body.wrong_type", 415


class CursorInvalid(Problem):
    """Raised when the value of `after` does not come from this list."""

    code, status = "cursor.invalid", 422


class PreconditionFailed(Problem):
    """Raised when the resource has changed since the caller read it (If-Match)."""

    code, status = "precondition.failed", 412


class AlreadyThere(Problem):
    """Raised when a unique or exclusion constraint is violated that no feature has a problem for."""

    code, status = "data.conflict", 409


class ReferenceUnknown(Problem):
    """Raised when a foreign key is violated that no feature has a problem for."""

    code, status = "data.unknown_reference", 409


class OutOfBounds(Problem):
    """Raised when a value is outside its limits: a check constraint that no feature has a problem for."""

    code, status = "data.out_of_bounds", 422


class RateLimited(Problem):
    """Raised when a caller has sent too many requests; Retry-After says how long to wait."""

    code, status = "rate.limited", 429


class InternalError(Problem):
    """Raised when something unexpected happened; the log has it under the request's id."""

    code, status = "internal", 500


class TryAgain(Problem):
    """Raised when another operation was under way at the same moment. Nothing was done."""

    code, status = "try_again", 503
    headers = {"Retry-After": "1"}  # noqa: RUF012  read-only, as Problem declares it


class DatabaseUnavailable(Problem):
    """Raised when the database does not answer."""

    code, status = "database.unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it


class NotReady(Problem):
    """Raised when the service cannot answer yet: the database is not reached, or not up to date."""

    code, status = "service.not_ready", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it
