"""Local servers that speak the protocols of external services."""
