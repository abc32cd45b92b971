"""The jobs that look at Stripe after its events: each feature names those that it needs.

An event is only a hint. The job asks Stripe for the present state, so it does not matter that events come late, twice
and out of order. Types that no feature names are stored, and nothing else happens.
"""

from collections.abc import Mapping

Looks = Mapping[str, str]
"""The job of a feature by event type. It is queued with `object_id`, and `account` for a connected account or null."""


def gather(*of_features: Looks) -> dict[str, tuple[str, ...]]:
    """Return the jobs of all features by event type."""
    gathered: dict[str, tuple[str, ...]] = {}
    for looks in of_features:
        for event_type, job in looks.items():
            gathered[event_type] = (*gathered.get(event_type, ()), job)
    return gathered
