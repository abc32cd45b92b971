"""Local servers that speak the protocols of services which are not ours."""
