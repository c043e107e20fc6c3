"""A run: its state, its steps, its records, its end."""
