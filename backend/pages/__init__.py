"""Pages for a browser: the front page, the API's documentation, the problems and a handed pass."""
