"""`fastgd predict`: the predictions of a saved model for a file."""
