"""The jobs of a recall: they end reservations, and tell everybody who reserved the food, may have it, or sells it."""

from uuid import UUID

from backend.job_context import Work


async def end_lot(work: Work, recall_id: UUID, lot_id: UUID) -> None:
    """End a recalled lot's running reservations, and tell people of it."""
    await work.acts.value("end_recalled_lot", recall=recall_id, lot=lot_id)


async def tell_shop(work: Work, recall_id: UUID, shop_id: UUID, lot_ids: list[UUID]) -> None:
    """Tell the owners of a shop that lots of theirs are recalled, and what to do."""
    await work.acts.value("tell_shop_of_recall", recall=recall_id, shop=shop_id, lots=lot_ids)
