"""Chat hooks: addresses at Slack and Teams that new requests and incidents of collections are posted to."""
