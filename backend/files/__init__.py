"""Where files are kept, and how CSV is written."""
