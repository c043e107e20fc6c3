"""Files of data, read: NumPy's, Parquet, and text such as CSV."""
