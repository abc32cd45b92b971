"""Collectors, their tours, and what they report on the way."""
