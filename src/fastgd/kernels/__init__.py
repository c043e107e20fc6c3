"""Compiled numbers only: templates of loops, and the one place that compiles them."""
