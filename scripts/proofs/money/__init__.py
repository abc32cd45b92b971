"""`scripts/prove money`: a long random history of sales, gifts, refunds, disputes and payouts loses no cent."""
