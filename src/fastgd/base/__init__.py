"""What knows nothing of descent: checks of arguments, files, threads, linear algebra."""
