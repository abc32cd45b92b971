"""Funds: what organisations commit to compensate shops for free portions, and the statements from which they pay."""
