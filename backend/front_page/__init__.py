"""The pages that people open in a browser: what runs here, the API's documentation, the problems explained."""
