"""The pages of those who plan tours, and of their chats: associations for what comes to them, admins for everything."""

from starlette.routing import BaseRoute

from backend.pages.operators import chats, day_plan, points

routes: list[BaseRoute] = [*chats.routes, *day_plan.routes, *points.routes]
