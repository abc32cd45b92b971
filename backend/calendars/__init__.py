"""Calendars in which collectors see their tours."""
