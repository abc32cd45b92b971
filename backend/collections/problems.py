"""The problems that collections can answer with."""

from collections.abc import Mapping
from typing import Any, ClassVar

from backend.problems.problem import Problem


class CollectionNotFound(Problem):
    """Raised when a collection does not exist or the caller takes no part in it."""

    code, status = "collection.not_found", 404


class CollectionWindowInvalid(Problem):
    """Raised when a collection's window is past, lasts more than 24 hours or begins in more than 60 days."""

    code, status = "collection.window_invalid", 422


class CollectionWindowOver(Problem):
    """Raised when a collection is accepted after its window."""

    code, status = "collection.window_over", 409


class CollectionEmpty(Problem):
    """Raised when a collection is asked for without any food."""

    code, status = "collection.empty", 422


class CollectionTooMuch(Problem):
    """Raised when a collection weighs more than 100 tonnes."""

    code, status = "collection.too_much", 422


class CollectionTooFewLeft(Problem):
    """Raised when fewer portions of a lot are left than a collection asks for. `left`: how many there are."""

    code, status = "collection.too_few_left", 409
    example: ClassVar[Mapping[str, Any]] = {"left": 2}


class CollectionNoAgreement(Problem):
    """Raised when a shop that sells on more than 400 m² has no agreement with the association."""

    code, status = "collection.no_agreement", 409


class CollectionNoAssociation(Problem):
    """Raised when an admin accepts a collection that is offered to nobody, and names no association."""

    code, status = "collection.no_association", 422


class CollectionRequested(Problem):
    """Raised when nobody has accepted a collection yet."""

    code, status = "collection.requested", 409


class CollectionAccepted(Problem):
    """Raised when a collection is accepted already."""

    code, status = "collection.accepted", 409


class CollectionScheduled(Problem):
    """Raised when a collection is in a tour already."""

    code, status = "collection.scheduled", 409


class CollectionTaken(Problem):
    """Raised when a collector has taken a collection already."""

    code, status = "collection.taken", 409


class CollectionDelivered(Problem):
    """Raised when a collection is delivered already."""

    code, status = "collection.delivered", 409


class CollectionReceived(Problem):
    """Raised when the association has received a collection already."""

    code, status = "collection.received", 409


class CollectionRefused(Problem):
    """Raised when a collection was refused."""

    code, status = "collection.refused", 409


class CollectionCancelled(Problem):
    """Raised when a collection was cancelled."""

    code, status = "collection.cancelled", 409


class CollectionFailed(Problem):
    """Raised when a collection could not be made."""

    code, status = "collection.failed", 409


class CollectionLinkNotFound(Problem):
    """Raised when a link does not exist or is of a shop that the caller does not own."""

    code, status = "collection_link.not_found", 404


class CollectionLinkUnknown(Problem):
    """Raised when a link is used that is unknown or revoked, or whose shop may not ask for collections."""

    code, status = "collection_link.unknown", 404


class TooManyCollectionLinks(Problem):
    """Raised when a shop that has 20 links makes one more."""

    code, status = "collection_link.too_many", 409


class RecurringCollectionNotFound(Problem):
    """Raised when a recurring request does not exist or is of a shop that the caller does not work for."""

    code, status = "recurring_collection.not_found", 404


class TooManyRecurringCollections(Problem):
    """Raised when a shop that has 20 recurring requests makes one more."""

    code, status = "recurring_collection.too_many", 409


TAKEN = (CollectionTaken, CollectionDelivered, CollectionReceived)
"""The states in which a collector has or had the food."""
OVER = (CollectionRefused, CollectionCancelled, CollectionFailed)
"""The states in which nobody comes any more."""
