"""Neighbours: agreements that shops and associations are suggested, and where nobody collects."""
