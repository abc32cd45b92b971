"""Who is asking: tokens and callers."""
