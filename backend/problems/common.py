"""The problems that any route may answer with; a feature's own stand in its `problems.py`."""

from backend.problems.problem import Problem


class NotSignedIn(Problem):
    """Sign in: the access token is missing, has expired or is not valid."""

    code, status = "access.unauthenticated", 401
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012  read-only, as Problem declares it


class NotAllowed(Problem):
    """Your account may not do this."""

    code, status = "access.forbidden", 403


class NotAtKiosk(Problem):
    """For your safety this is not done at a shared kiosk; please do it on your own device or with your association."""

    code, status = "kiosk.not_here", 403


class PathUnknown(Problem):
    """Nothing is at this address, or nothing that you may see."""

    code, status = "path.unknown", 404


class MethodNotAllowed(Problem):
    """This address does not know this method; see the Allow header."""

    code, status = "method.not_allowed", 405


class RequestMalformed(Problem):
    """The request could not be read."""

    code, status = "request.malformed", 400


class RequestRefused(Problem):
    """The request was refused."""

    code, status = "request.refused", 400


class RequestInvalid(Problem):
    """Some fields are not accepted; see `errors`."""

    code, status = "request.invalid", 422


class BodyUnreadable(Problem):
    """The body is not strict JSON in UTF-8 (RFC 8259), or holds values that cannot be stored."""

    code, status = "body.unreadable", 422


class BodyTooLarge(Problem):
    """The body is larger than this address accepts."""

    code, status = "body.too_large", 413


class BodyOfWrongType(Problem):
    """This address does not accept this content type; see the Accept header."""

    code, status = "body.wrong_type", 415


class CursorInvalid(Problem):
    """The value of `after` was not given by this list; begin again."""

    code, status = "cursor.invalid", 422


class PreconditionFailed(Problem):
    """The resource has changed since you read it; read it again before changing it."""

    code, status = "precondition.failed", 412


class AlreadyThere(Problem):
    """Something that must be unique already exists."""

    code, status = "data.conflict", 409


class ReferenceUnknown(Problem):
    """Something that is named does not exist, or is still in use elsewhere."""

    code, status = "data.unknown_reference", 409


class OutOfBounds(Problem):
    """A value is outside the limits allowed."""

    code, status = "data.out_of_bounds", 422


class RateLimited(Problem):
    """You have sent too many requests; wait as long as Retry-After says."""

    code, status = "rate.limited", 429


class InternalError(Problem):
    """Something unexpected happened; it is recorded under this request's id."""

    code, status = "internal", 500


class TryAgain(Problem):
    """Another operation was under way at the same moment; nothing was done, try again."""

    code, status = "try_again", 503
    headers = {"Retry-After": "1"}  # noqa: RUF012  read-only, as Problem declares it


class DatabaseUnavailable(Problem):
    """The database does not answer at the moment; try again shortly."""

    code, status = "database.unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it


class NotReady(Problem):
    """The service cannot answer yet: the database is not reached, or not up to date."""

    code, status = "service.not_ready", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it
