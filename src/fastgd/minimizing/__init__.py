"""`minimize`, and what it returns."""
