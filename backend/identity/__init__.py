"""Authentication: access tokens, and the caller that they identify."""
