"""File stores, and writing CSV."""
