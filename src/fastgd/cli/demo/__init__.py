"""`fastgd demo`: gradient descent explained with real runs."""
