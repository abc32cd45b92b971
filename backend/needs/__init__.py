"""The needs of associations, and the choice of who receives a collection."""
