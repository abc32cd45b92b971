"""The ledger: every cent twice, what shops earned by closed lots, and the check against Stripe's books."""
