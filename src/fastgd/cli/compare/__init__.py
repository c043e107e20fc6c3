"""`fastgd compare`: variants, optimizers and competing solvers on one objective."""
