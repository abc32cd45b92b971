"""The client of Stripe, which knows no feature."""
