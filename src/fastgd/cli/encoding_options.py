"""The options about what becomes of text that was not fitted, and of missing values."""

import click

from fastgd.categories.encoding import MISSING, UNKNOWN

ON_UNKNOWN = click.Option(
    ["--on-unknown"],
    type=click.Choice(UNKNOWN),
    help="What is done in predict with a level of text that was not fitted: refuse it, take it for "
    "the baseline, or for no level.  [default: error; in predict what the model was fitted with]",
)
ON_MISSING = click.Option(
    ["--on-missing"],
    type=click.Choice(MISSING),
    help="What is done with missing values: refuse them; leave the rows out; let them be a level "
    "of their own, in text; or take the median, with a column that tells where (in text, a "
    "level).  [default: error; in predict what the model was fitted with]",
)
