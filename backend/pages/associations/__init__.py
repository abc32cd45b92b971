"""The pages of the people who work for an association."""

from starlette.routing import BaseRoute

from backend.pages.associations import (
    about,
    activity,
    agreements,
    cards,
    importing,
    needs,
    neighbours,
    offering,
    people,
    person,
    programs,
    receiving,
    to_do,
    webhooks,
)

routes: list[BaseRoute] = [
    *to_do.routes,
    *people.routes,
    *person.routes,
    *importing.routes,
    *cards.routes,
    *activity.routes,
    *agreements.routes,
    *offering.routes,
    *receiving.routes,
    *needs.routes,
    *neighbours.routes,
    *about.routes,
    *programs.routes,
    *webhooks.routes,
]
