"""Connections, acts, sessions and migrations."""
