"""People's rights over their data (consents, export, erasure), and retention periods."""
