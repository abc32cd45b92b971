"""The pages of the people who work for a shop."""

from starlette.routing import BaseRoute

from backend.pages.merchants import (
    collections,
    counter,
    day,
    figures,
    house,
    lots,
    money,
    neighbours,
    photo,
    programs,
    recurring,
    reports,
    shops,
    subscription,
    team,
    webhooks,
)

routes: list[BaseRoute] = [
    *shops.routes,
    *day.routes,
    *counter.routes,
    *photo.routes,
    *lots.routes,
    *recurring.routes,
    *collections.routes,
    *figures.routes,
    *money.routes,
    *subscription.routes,
    *reports.routes,
    *house.routes,
    *neighbours.routes,
    *team.routes,
    *programs.routes,
    *webhooks.routes,
]
