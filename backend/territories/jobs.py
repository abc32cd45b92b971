"""The job of territories: it publishes their figures."""

from backend.territories.releasing import release_figures

__all__ = ["release_figures"]
