"""API clients: programs that call the API for an organisation, a shop or an association."""
