"""From what was handed in to rows: tables, targets, frames, categories, orders."""
