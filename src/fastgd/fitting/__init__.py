"""`fit`, and what it returns."""
