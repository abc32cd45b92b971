"""Premium: what merchants may subscribe to, with Stripe Billing."""
