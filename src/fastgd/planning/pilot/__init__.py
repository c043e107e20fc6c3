"""What a sample of rows says of the whole table, before the first step."""
