"""The pages of the people who work for an association."""

from starlette.routing import BaseRoute

from backend.pages.associations import people, person, to_do

routes: list[BaseRoute] = [*to_do.routes, *people.routes, *person.routes]
