"""The pages of those who plan tours: associations for what comes to them, admins for everything."""

from starlette.routing import BaseRoute

from backend.pages.operators import day_plan, points

routes: list[BaseRoute] = [*day_plan.routes, *points.routes]
