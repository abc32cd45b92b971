"""Say that a suggested neighbour is of no interest."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.neighbours.schemas import DismissalIn


async def dismiss(session: AsyncSession, wanted: DismissalIn) -> None:
    """Keep that a side is not interested in a neighbour.

    The database raises NotAllowed, WhichAssociation, ShopNotFound, AssociationNotFound.
    """
    await call(session, "dismiss_neighbour", shop=wanted.shop_id, association=wanted.association_id)
