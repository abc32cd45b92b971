"""The pages of customers and beneficiaries, which are the same for both."""

from starlette.routing import BaseRoute

from backend.pages.customers import favourites, gifts, notices, problem, reservations, reserving

routes: list[BaseRoute] = [
    *reserving.routes,
    *reservations.routes,
    *problem.routes,
    *gifts.routes,
    *notices.routes,
    *favourites.routes,
]
