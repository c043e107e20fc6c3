"""Options that several commands have: tables of flags, and what the help says of each."""

from pathlib import Path
from typing import Any

import click

from fastgd.cli.missing_options import MISSING_OPTIONS
from fastgd.cli.option_values import COUNT, NUMBER, Value
from fastgd.cli.reading_options import reading_options
from fastgd.losses import LOSSES
from fastgd.optimizers import OPTIMIZERS
from fastgd.planning.request import VARIANTS

# Flag, keyword of the function behind it (which has the default), what may follow, help.
MADE_OPTIONS = (
    ("--rows", "n_samples", COUNT, "Number of rows of the generated data; may be written as 1e6."),
    ("--features", "n_features", COUNT, "Number of columns of the generated data."),
    (
        "--condition",
        "condition_number",
        NUMBER,
        "Condition number of the columns' covariance: its largest eigenvalue divided by its "
        "smallest. Gradient descent needs a number of steps proportional to it.",
    ),
    (
        "--noise",
        "noise",
        NUMBER,
        "Standard deviation of the noise on y (log_loss: scale of the logistic noise on the "
        "margin). X @ coef has variance 1, so the true coefficients have an R^2 of "
        "1 / (1 + noise^2).",
    ),
    ("--dtype", "dtype", Value("float64", "float32"), "Data type of the generated numbers."),
)
FIT_OPTIONS = (
    (
        "--variant",
        "variant",
        Value(*VARIANTS, "auto"),
        "One step per pass over all rows, per row, or per --batch-size rows; auto chooses.",
    ),
    ("--loss", "loss", Value(*LOSSES), f"The loss to minimize: {', '.join(LOSSES)}."),
    (
        "--optimizer",
        "optimizer",
        Value("auto", *OPTIMIZERS),
        "The optimizer, which turns a gradient into a step.",
    ),
    (
        "--learning-rate",
        "learning_rate",
        Value("auto", number="X"),
        "Multiplies the mean gradient of a step's rows. A number runs exactly the algorithm of the "
        "textbooks; auto lets the library choose the step, and more.",
    ),
    (
        "--batch-size",
        "batch_size",
        Value("auto", number="N"),
        "Rows per step of minibatch; auto is 256, or fewer if there are few rows.",
    ),
    (
        "--max-iter",
        "max_iter",
        COUNT,
        "Maximum number of epochs (passes over all rows).  [default: 100, or 10,000 for batch with "
        "--learning-rate auto]",
    ),
    (
        "--tol",
        "tol",
        Value("auto", "none", number="X"),
        "Tolerance. batch stops when the gradient norm is below this fraction of its first value, "
        "the others when 5 epochs have not lowered the objective by this fraction; none runs "
        "exactly --max-iter epochs.",
    ),
    ("--alpha", "alpha", NUMBER, "Strength of the penalty (not the learning rate)."),
    ("--l1-ratio", "l1_ratio", NUMBER, "Fraction of the penalty that is L1 (lasso), from 0 to 1."),
    (
        "--shuffle",
        "shuffle",
        Value("true", "false", "replacement"),
        "A new random order in each epoch, the rows in their stored order, or rows drawn with "
        "replacement.",
    ),
    (
        "--threads",
        "n_threads",
        COUNT,
        "Number of threads; the results do not depend on it.  [default: all cores]",
    ),
    ("--time-limit", "time_limit", NUMBER, "Stop the fit after this many seconds."),
)


def option(flag: str, keyword: str, value: Value, text: str, default: Any) -> click.Option:
    """Return an option; the help shows its default, but for None."""
    return click.Option(
        [flag, keyword],
        type=value.read,
        metavar=value.metavar,
        default=None if default is None else value.write(default),
        show_default=default is not None,
        help=text,
    )


def path_option(flag: str, text: str, metavar: str = "FILE") -> click.Option:
    """Return an option that names a file."""
    return click.Option([flag], type=Path, metavar=metavar, help=text)


def flag_option(flag: str, text: str) -> click.Option:
    """Return an option that is given or not."""
    return click.Option([flag], is_flag=True, help=text)


JSON = click.Option(
    ["--json", "as_json"], is_flag=True, help="Print one JSON object and nothing else."
)
FORCE = flag_option("--force", "Replace the file named by --out if it exists.")
FORCE_FILES = flag_option("--force", "Replace files that exist.")
STANDARDIZE = click.Option(
    ["--standardize/--no-standardize"],
    default=None,
    help="Centre the columns and scale them to variance 1 for the fit; the coefficients are "
    "then transformed back.  [default: with --data and --flights]",
)
LOSS_PARAMETER = option(
    "--loss-parameter",
    "loss_parameter",
    NUMBER,
    "The parameter of the loss: the quantile, in (0, 1); the delta of huber or the epsilon of the "
    "epsilon-insensitive losses, in the units of y.  [default: 0.5, 1.35, 0.1]",
    None,
)


def file_options() -> list[click.Parameter]:
    """Return the options about a file of data."""
    return [
        path_option(
            "--data",
            "Fit the table in this file, .npy, .npz, .parquet, .csv or .tsv (also .gz, .zip), or - "
            "for text on stdin, instead of generated data. Nothing in it is ever unpickled.",
        ),
        click.Option(
            ["--target"],
            metavar="COL",
            help="Column of the file to predict; in .npy its number, -1 the last; in .npz the "
            "array (default: y).",
        ),
        click.Option(
            ["--drop"], metavar="COL", multiple=True, help="Column to leave out; may be repeated."
        ),
        click.Option(["--weight"], metavar="COL", help="Column of sample weights."),
        click.Option(
            ["--offset"],
            metavar="COL",
            help="Column that is added to each row's prediction; not for labels or counts.",
        ),
        *reading_options(),
        *MISSING_OPTIONS,
        click.Option(
            ["--flights"],
            is_flag=True,
            help="Fit the 327,346 flights that left New York City in 2013, 49 columns, to predict "
            "their delay on arrival, instead of generated data.",
        ),
    ]


MODEL = click.Argument(["model"], type=Path, metavar="MODEL")


OTHER_FLAGS = (
    ("--seed", "random_state"),
    ("--weight", "sample_weight"),
    ("--offset", "offset"),
    ("--target", "y"),
)


def as_flag(message: str) -> str:
    """Return a sentence about a keyword of Python as one about the flag that sets it."""
    rows = [(flag, keyword) for flag, keyword, *_ in [*MADE_OPTIONS, *FIT_OPTIONS]]
    for flag, keyword in (*rows, *OTHER_FLAGS):
        if message.startswith(f"{keyword} "):
            return message.replace(keyword, flag, 1)
    return message
