"""The frame of every request."""
