"""Categories and missing values: how the columns of a frame become columns of numbers."""
