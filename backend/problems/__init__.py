"""Problems: how the API refuses a request or reports an error (RFC 9457)."""
