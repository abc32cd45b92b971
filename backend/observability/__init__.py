"""What an operator sees: one log line a request, failures without anybody's data, metrics."""
