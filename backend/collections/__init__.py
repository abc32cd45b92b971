"""Requests to have food collected from a shop and brought to an association, and what becomes of them."""
