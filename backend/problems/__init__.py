"""Problems: what the program answers instead of doing what was asked (RFC 9457)."""
