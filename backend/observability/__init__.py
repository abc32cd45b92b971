"""For operators: logs with one line per request, failures without personal data, and metrics."""
