"""Sums over rows, on all cores."""
