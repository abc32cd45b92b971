"""The pages of the people who work for a municipality, an agglomeration or an NGO."""

from starlette.routing import BaseRoute

from backend.pages.organisations import funds, programs, team, territory, webhooks

routes: list[BaseRoute] = [*territory.routes, *funds.routes, *team.routes, *programs.routes, *webhooks.routes]
