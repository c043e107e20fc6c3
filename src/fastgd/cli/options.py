"""The options of the commands: tables of flags, and what the help says of each."""

import inspect
from pathlib import Path
from typing import Any

import click

import fastgd
from fastgd import datasets
from fastgd.cli.encoding_options import MISSING_OPTIONS, ON_UNKNOWN
from fastgd.cli.reading_options import reading_options
from fastgd.cli.values import COUNT, NUMBER, Value
from fastgd.losses import LOSSES
from fastgd.optimizers import OPTIMIZERS
from fastgd.planning.request import VARIANTS

# Flag, keyword of the function behind it (which has the default), what may follow, help.
MADE_OPTIONS = (
    ("--rows", "n_samples", COUNT, "Rows of the made data; 1e6 is a number too."),
    ("--features", "n_features", COUNT, "Columns of the made data."),
    (
        "--condition",
        "condition_number",
        NUMBER,
        "Condition number of the columns' covariance: its largest eigenvalue over its smallest. "
        "Gradient descent needs a number of steps proportional to it.",
    ),
    (
        "--noise",
        "noise",
        NUMBER,
        "Standard deviation of the noise on y (log_loss: scale of the logistic noise on the "
        "margin), where X @ coef has variance 1: coef itself has an R^2 of 1 / (1 + noise^2).",
    ),
    ("--dtype", "dtype", Value("float64", "float32"), "Type of the made numbers."),
)
FIT_OPTIONS = (
    (
        "--variant",
        "variant",
        Value(*VARIANTS, "auto"),
        "One step per pass over all rows, per row, or per --batch-size rows; auto chooses.",
    ),
    ("--loss", "loss", Value(*LOSSES), f"What is minimised, per row: {', '.join(LOSSES)}."),
    ("--optimizer", "optimizer", Value("auto", *OPTIMIZERS), "What turns a gradient into a step."),
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
        "Rows per step of minibatch; auto is 256, or fewer where there are few rows.",
    ),
    (
        "--max-iter",
        "max_iter",
        COUNT,
        "Epochs, that is visits of every row, at most.  [default: 100, or 10,000 for batch with "
        "--learning-rate auto]",
    ),
    (
        "--tol",
        "tol",
        Value("auto", "none", number="X"),
        "Tolerance. batch stops when the gradient's norm is this share of its first value, the "
        "others when 5 epochs have not lowered the objective by this share; none makes exactly "
        "--max-iter epochs.",
    ),
    ("--alpha", "alpha", NUMBER, "Strength of the penalty (not the learning rate)."),
    ("--l1-ratio", "l1_ratio", NUMBER, "Share of the penalty that is L1 (lasso), 0 to 1."),
    (
        "--shuffle",
        "shuffle",
        Value("true", "false", "replacement"),
        "A new random order in each epoch, rows as they lie, or rows drawn with replacement.",
    ),
    (
        "--threads",
        "n_threads",
        COUNT,
        "Threads; results do not depend on it.  [default: all cores]",
    ),
    ("--time-limit", "time_limit", NUMBER, "Seconds of fitting after which it stops."),
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


JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object, no more.")
FORCE = flag_option("--force", "Replace the file named by --out if there is one.")
FORCE_FILES = flag_option("--force", "Replace files that are there.")
STANDARDIZE = click.Option(
    ["--standardize/--no-standardize"],
    default=None,
    help="Centre the columns and scale them to variance 1 for the fit; coefficients are "
    "then scaled back.  [default: with --data and --flights]",
)
LOSS_PARAMETER = option(
    "--loss-parameter",
    "loss_parameter",
    NUMBER,
    "The quantile of quantile, in (0, 1); in units of y, the delta of huber and the "
    "epsilon of the insensitive losses.  [default: 0.5, 1.35, 0.1]",
    None,
)


def file_options() -> list[click.Parameter]:
    """Return the options about a file of data."""
    return [
        path_option(
            "--data",
            "Fit the table in this file, .npy, .npz, .parquet, .csv or .tsv (also .gz, .zip), or - "
            "for text on stdin, instead of made data. Nothing in it is ever unpickled.",
        ),
        click.Option(
            ["--target"],
            metavar="COL",
            help="Column of the file to predict; in .npy its number, -1 the last; in .npz the "
            "array [there y by default].",
        ),
        click.Option(
            ["--drop"], metavar="COL", multiple=True, help="Column to leave out; may be repeated."
        ),
        click.Option(["--weight"], metavar="COL", help="Column with the weights of the rows."),
        *reading_options(),
        *MISSING_OPTIONS,
        click.Option(
            ["--flights"],
            is_flag=True,
            help="Fit the 327,346 flights that left New York City in 2013, 49 columns, to predict "
            "their delay on arrival, instead of made data.",
        ),
    ]


def options() -> list[click.Parameter]:
    """Return the options of `fastgd fit`, in the order of the help."""
    made = inspect.signature(datasets.make_regression).parameters
    fit = inspect.signature(fastgd.fit).parameters
    return [
        *file_options(),
        *(option(*row, default=made[row[1]].default) for row in MADE_OPTIONS),
        ON_UNKNOWN,
        STANDARDIZE,
        *(option(*row, default=fit[row[1]].default) for row in FIT_OPTIONS),
        LOSS_PARAMETER,
        click.Option(
            ["--average/--no-average"],
            default=None,
            help="Return the mean of the iterates after every step (Polyak-Ruppert).  [default: "
            "with --learning-rate auto, that of the later ones]",
        ),
        option(
            "--seed", "random_state", COUNT, "Seed of the made data and of the order of rows.", 0
        ),
        path_option("--out", "Save the model in this file, for `fastgd predict` and fastgd.load."),
        FORCE,
        JSON,
    ]


def split_words(context: click.Context, option: click.Parameter, texts: Any) -> list[str] | None:
    """Return the words that were given, parted by spaces or commas; None where none were."""
    words = [word for text in texts for word in text.replace(",", " ").split()]
    return (words if words != ["none"] else []) if texts else None


def compare_options() -> list[click.Parameter]:
    """Return the options of `fastgd compare`, in the order of the help."""
    made = inspect.signature(datasets.make_regression).parameters
    race = inspect.signature(fastgd.compare).parameters
    shared = [row for row in FIT_OPTIONS if row[1] in ("loss", "alpha", "l1_ratio", "n_threads")]
    return [
        flag_option("--quick", "100,000 rows x 50, fewer runs, half a second for each."),
        *file_options(),
        *(option(*row, default=made[row[1]].default) for row in MADE_OPTIONS),
        STANDARDIZE,
        click.Option(
            ["--runs"],
            metavar="RUNS",
            multiple=True,
            callback=split_words,
            help="What to race, such as 'batch minibatch:adam:learning_rate=0.01'; "
            "variant[:optimizer][:keyword=value]...  [default: the variants self-tuned and the "
            "classic optimizers]",
        ),
        click.Option(
            ["--peers"],
            metavar="PEERS",
            multiple=True,
            callback=split_words,
            help="What others would use, or none.  [default: those installed that know the loss]",
        ),
        *(option(*row, default=race[row[1]].default) for row in shared),
        LOSS_PARAMETER,
        option("--repeats", "repeats", COUNT, "How often each runs.", race["repeats"].default),
        option(
            "--time-limit",
            "time_limit",
            NUMBER,
            "Seconds for each run.",
            race["time_limit"].default,
        ),
        option("--seed", "random_state", COUNT, "Seed of the made data and of the runs.", 0),
        flag_option("--wide", "Show every figure, in a table wider than most terminals."),
        path_option("--report", "Write the wide table, the verdicts and what ran as Markdown."),
        path_option("--json", "Write all figures, a baseline for --against."),
        path_option("--plot", "Draw suboptimality against passes and seconds, .png, .svg, .pdf."),
        path_option(
            "--against",
            "A --json of before: exit 1 if a run needs more passes to a "
            "target or reads at a smaller share of the memory's bandwidth than then.",
        ),
        option("--slower", "slower", NUMBER, "Factor that the share may fall by.", 1.5),
        click.Option(
            ["--require"],
            metavar="CONDITION",
            multiple=True,
            help="Exit 1 unless it holds: 'RUN.metric <= [factor *] RUN.metric' or 'RUN.metric <= "
            "number'; metrics are passes_to_1e-4, seconds_to_stat, ..., suboptimality, "
            "bandwidth_share. May be repeated.",
        ),
        FORCE_FILES,
    ]


MODEL = click.Argument(["model"], type=Path, metavar="MODEL")


def predict_options() -> list[click.Parameter]:
    """Return the arguments and options of `fastgd predict`."""
    return [
        MODEL,
        click.Option(
            ["--data"],
            type=Path,
            metavar="FILE",
            required=True,
            help="The rows to predict, with the columns that were fitted; others are ignored. It "
            "is read with the options that the model was fitted with unless others are given.",
        ),
        click.Option(
            ["--target"],
            metavar="COL",
            help="Column with the true values, for a score.  [default: the one that was fitted, "
            "if it is there]",
        ),
        *reading_options(),
        ON_UNKNOWN,
        *MISSING_OPTIONS,
        flag_option("--proba", "Probabilities of the two labels instead of labels."),
        path_option("--out", "Write .csv, .npy or .parquet instead of CSV on the terminal."),
        FORCE,
        JSON,
    ]


def inspect_options() -> list[click.Parameter]:
    """Return the arguments and options of `fastgd inspect`."""
    return [
        MODEL,
        click.Option(["--all", "every"], is_flag=True, help="Show every coefficient."),
        JSON,
    ]


OTHER_FLAGS = (("--seed", "random_state"), ("--weight", "sample_weight"), ("--target", "y"))


def as_flag(message: str) -> str:
    """Return a sentence about a keyword of Python as one about the flag that sets it."""
    rows = [(flag, keyword) for flag, keyword, *_ in [*MADE_OPTIONS, *FIT_OPTIONS]]
    for flag, keyword in (*rows, *OTHER_FLAGS):
        if message.startswith(f"{keyword} "):
            return message.replace(keyword, flag, 1)
    return message
