"""`fastgd fit`: fit a table, report what came of it, save the model."""
