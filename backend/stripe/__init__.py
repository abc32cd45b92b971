"""The Stripe client. It knows nothing of the features that use it."""
