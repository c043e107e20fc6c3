"""The command line: `fastgd fit` makes or loads a table, fits it and shows what came of it."""

from __future__ import annotations  # names of click and rich, which may be missing

import importlib
import inspect
import math
import os
import re
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np

import fastgd
from fastgd import datasets
from fastgd.losses import LOSSES
from fastgd.optimizers import OPTIMIZERS
from fastgd.plan import VARIANTS
from fastgd.validation import did_you_mean

try:
    import click
    from click.core import ParameterSource
    from rich.console import Console
    from rich.panel import Panel
    from rich.syntax import Syntax
    from rich.table import Table
except ImportError:  # `main` says so
    INSTALLED = False
else:
    INSTALLED = True

Rows: TypeAlias = list[tuple[str, str]]  # of the card: what, and what there is to say

WORTH_SAYING = 0.5  # seconds of compiling
NARROW = 80  # characters in a line of the usual terminal
INTERRUPTED = 130  # exit status of what Ctrl-C ended
MEMORY_LIMITS = (
    (Path("/proc/meminfo"), r"MemAvailable:\s+(\d+) kB", 1024),
    (Path("/sys/fs/cgroup/memory.max"), r"(\d+)", 1),
)
GROUP_HELP = """Gradient descent for linear models, as fast as memory delivers the data."""
FIT_HELP = """Fit a linear model by gradient descent, to data made on the spot or to real flights.

Shows what ran, how well it fits, why it stopped, and the lines of Python that do the same.

\b
Examples:
  fastgd fit
  fastgd fit --flights
  fastgd fit --variant batch --optimizer nesterov --condition 100
  fastgd fit --loss log_loss --rows 1e5 --learning-rate 0.1 --max-iter 20
"""


# ---- the options


def read_whole(text: Any) -> int:
    """Return a whole number, which may be written 1e6."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if number.is_integer():
            return int(number)
        raise


# Place-holder in the help, how to read it, what it is called.
NUMBERS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "N": (read_whole, "a whole number"),
    "X": (float, "a number"),
}


@dataclass(frozen=True)
class Value:
    """What may be written after an option: one of some words, or a number."""

    words: Mapping[str, Any] = field(default_factory=dict)  # and what they mean
    number: str = ""  # key of NUMBERS

    @property
    def metavar(self) -> str:
        """The place-holder in the help."""
        return "|".join(filter(None, [*self.words, self.number]))

    def read(self, text: Any) -> Any:
        """Return what *text* means; a number, which a default may be, means itself."""
        if text in self.words:
            return self.words[text]
        wanted = list(self.words)
        if self.number:
            convert, kind = NUMBERS[self.number]
            with suppress(ValueError):
                return convert(text)
            wanted.append(kind)
        listed = " or ".join(", ".join(wanted).rsplit(", ", 1))
        raise click.BadParameter(f"{text!r} is not {listed}.{did_you_mean(text, self.words)}")

    def write(self, meant: Any) -> Any:
        """Return the word that means *meant*, else the number itself."""
        return next((word for word, value in self.words.items() if value is meant), meant)


def words(names: Iterable[str]) -> dict[str, str]:
    """Return words that mean themselves."""
    return {name: name for name in names}


AUTO = words(["auto"])
COUNT, NUMBER = Value(number="N"), Value(number="X")

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
    ("--dtype", "dtype", Value(words(["float64", "float32"])), "Type of the made numbers."),
)
FIT_OPTIONS = (
    (
        "--variant",
        "variant",
        Value(words(VARIANTS)),
        "One step per pass over all rows, per row, or per --batch-size rows.",
    ),
    ("--loss", "loss", Value(words(LOSSES)), "What is minimised, per row; log_loss classifies."),
    (
        "--optimizer",
        "optimizer",
        Value(AUTO | words(OPTIMIZERS)),
        "What turns a gradient into a step.",
    ),
    (
        "--learning-rate",
        "learning_rate",
        Value(AUTO, "X"),
        "Multiplies the mean gradient of a step's rows. A number runs exactly the algorithm of the "
        "textbooks; auto lets the library choose the step, and more.",
    ),
    ("--batch-size", "batch_size", Value(AUTO, "N"), "Rows per step of minibatch; auto is 256."),
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
        Value(AUTO | {"none": None}, "X"),
        "Tolerance. batch stops when the gradient's norm is this share of its first value, the "
        "others when 5 epochs have not lowered the objective by this share; none makes exactly "
        "--max-iter epochs.",
    ),
    ("--alpha", "alpha", NUMBER, "Strength of the penalty (not the learning rate)."),
    ("--l1-ratio", "l1_ratio", NUMBER, "Share of the penalty that is L1 (lasso), 0 to 1."),
    (
        "--shuffle",
        "shuffle",
        Value({"true": True, "false": False, "replacement": "replacement"}),
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


def option(
    function: Callable[..., Any], flag: str, keyword: str, value: Value, text: str
) -> click.Option:
    """Return the option that sets *keyword* of *function*, whose default it shows."""
    default = value.write(inspect.signature(function).parameters[keyword].default)
    return click.Option(
        [flag, keyword],
        type=value.read,
        metavar=value.metavar,
        default=default,
        show_default=default is not None,
        help=text,
    )


def command() -> click.Group:
    """Return the command `fastgd`."""
    options = [
        click.Option(
            ["--flights"],
            is_flag=True,
            help="Fit the 327,346 flights that left New York City in 2013, 49 columns, to predict "
            "their delay on arrival, instead of made data.",
        ),
        *(option(datasets.make_regression, *row) for row in MADE_OPTIONS),
        click.Option(
            ["--standardize/--no-standardize"],
            default=None,
            help="Centre the columns and scale them to variance 1 before fitting.  [default: with "
            "--flights]",
        ),
        *(option(fastgd.fit, *row) for row in FIT_OPTIONS),
        click.Option(
            ["--average/--no-average"],
            default=None,
            help="Return the mean of the iterates after every step (Polyak-Ruppert).  [default: "
            "with --learning-rate auto, that of the later ones]",
        ),
        click.Option(
            ["--seed", "random_state"],
            type=COUNT.read,
            metavar=COUNT.metavar,
            default=0,
            show_default=True,
            help="Seed of the made data and of the order of rows.",
        ),
    ]
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    fit = click.Command("fit", params=list(options), callback=run_fit, help=FIT_HELP)
    group = click.Group(
        "fastgd",
        commands=[fit],
        context_settings=settings,
        invoke_without_command=True,
        callback=show_help,
        help=GROUP_HELP,
    )
    version = click.version_option(fastgd.__version__, message="%(prog)s %(version)s")
    version(group)
    return group


def show_help() -> None:
    """Show the help where no command is given."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# ---- the job


class Data(NamedTuple):
    """A table to fit."""

    X: Any
    y: Any
    truth: Any  # the coefficients it was made from, None if unknown
    seconds: float  # that it took


@dataclass(frozen=True)
class Job:
    """What the command line asks for, as keywords of the functions that do it."""

    maker: str  # name in `fastgd.datasets`
    made: dict[str, Any]  # its keywords
    fit: dict[str, Any]
    standardize: bool

    @property
    def is_flights(self) -> bool:
        """Whether the data are real."""
        return self.maker == "load_flights"

    def load(self) -> Data:
        """Make or read the table."""
        began = time.perf_counter()
        X, y, truth = getattr(datasets, self.maker)(**self.made)
        if self.standardize:
            X -= X.mean(axis=0)
            X /= X.std(axis=0)
        known = None if self.standardize or self.is_flights else truth
        return Data(X, y, known, time.perf_counter() - began)

    def rehearse(self) -> fastgd.FitResult:
        """Fit two made rows for an epoch: bad values are refused, and kernels compiled, early."""
        made = {} if self.is_flights else self.made
        X = datasets.make_regression(**made | {"n_samples": 2})[0]
        return fastgd.fit(X, np.arange(2.0), **self.fit, callback=lambda _: True)

    def describe(self, data: Data) -> Rows:
        """Return what the table is and what was done to it."""
        n_rows, n_features = data.X.shape
        origin = "flights read" if self.is_flights else "made"
        table = f"{n_rows:,} rows x {n_features:,} features, {data.X.dtype}"
        scaling = [("columns", "centred and scaled to variance 1")] if self.standardize else []
        return [("data", f"{table}, {origin} in {data.seconds:.2g} s"), *scaling]

    def code(self) -> str:
        """Return the lines of Python that do the same."""
        names = "X, y, names" if self.is_flights else "X, y, coef"
        lines = [write_call(names, f"fastgd.datasets.{self.maker}", **self.made)]
        if self.standardize:
            lines += ["X -= X.mean(axis=0)", "X /= X.std(axis=0)"]
        lines += [write_call("result", "fastgd.fit", "X", "y", **self.fit)]
        return "\n".join(["import fastgd", "", *lines, ""])


def write_call(names: str, function: str, *arguments: str, **keywords: Any) -> str:
    """Return a call in Python whose value gets *names*, on one line where that is short enough."""
    parts = [*arguments, *(f"{name}={write_value(v)}" for name, v in keywords.items())]
    line = f"{names} = {function}({', '.join(parts)})"
    if len(line) < NARROW:
        return line
    return "\n".join([f"{names} = {function}(", *(f"    {part}," for part in parts), ")"])


def write_value(value: Any) -> str:
    """Return a value in Python, as a careful person would write it."""
    return f"{value:_}" if type(value) is int else repr(value).replace("'", '"')


def read_job(values: dict[str, Any]) -> Job:
    """Return what is asked for; refuse what contradicts itself or cannot be held in memory."""
    source = click.get_current_context().get_parameter_source
    given = {k: v for k, v in values.items() if source(k) is ParameterSource.COMMANDLINE}
    flags = {keyword: flag for flag, keyword, *_ in MADE_OPTIONS}
    seed = {"random_state": values["random_state"]}
    made = {k: v for k, v in given.items() if k in flags} | seed
    fit = {k: v for k, v in given.items() if k not in {*flags, "flights", "standardize"}} | seed
    classifies = LOSSES[values["loss"]].target == "binary"
    maker = "make_classification" if classifies else "make_regression"
    standardize = values["standardize"]
    if values["flights"]:
        for name in flags.keys() & given:
            raise click.UsageError(f"{flags[name]} is for made data; leave it out with --flights.")
        if classifies:
            raise click.UsageError(
                f"--loss {values['loss']} needs two labels, and the flights have minutes of delay; "
                "choose another loss or leave out --flights."
            )
        return Job("load_flights", {}, fit, standardize is not False)
    check_size(values["n_samples"], values["n_features"], values["dtype"], bool(standardize))
    return Job(maker, made, fit, bool(standardize))


def check_size(rows: int, features: int, dtype: str, standardize: bool) -> None:
    """Refuse a table that is empty, or for which there is not the memory."""
    for flag, count, least in (("--rows", rows, 1 + standardize), ("--features", features, 1)):
        if count < least:
            raise click.UsageError(f"{flag} must be at least {least}; got {count}.")
    needed = rows * features * np.dtype(dtype).itemsize * (1 + standardize)  # std makes a copy
    if needed > (available := available_memory()):
        raise click.UsageError(
            f"{rows:,} rows x {features:,} features need {needed / 1e9:,.1f} GB of memory and "
            f"{available / 1e9:,.1f} GB are available; give fewer --rows or --features."
        )


def available_memory() -> float:
    """Return the bytes that may still be taken, infinity where the system does not say."""
    found = [math.inf]
    if hasattr(os, "sysconf"):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path, pattern, unit in MEMORY_LIMITS:
        with suppress(OSError):
            if match := re.search(pattern, path.read_text()):
                found.append(int(match[1]) * unit)
    return min(found)


# ---- the work


def run_fit(**values: Any) -> None:
    """Do what `fastgd fit` was asked for."""
    job, watch = read_job(values), Watch()
    try:
        with shown(watch):
            rows = in_background(lambda: perform(job, watch))
    except KeyboardInterrupt:
        leave_interrupted()
    show_card(rows, job.code())


class Watch:
    """What a person sees while it works; rich asks some ten times a second."""

    def __init__(self) -> None:
        self.doing = "starting"
        self.events: list[tuple[float, Any]] = []  # of compiling, with their times, from Numba

    def epoch(self, progress: fastgd.Progress) -> None:
        """Hear of an epoch; the callback of `fit`."""
        seconds, loss = progress.seconds, progress.loss
        self.doing = f"epoch {progress.epoch}  loss {loss:.6g}  {seconds:.1f} s"

    def __rich__(self) -> str:
        """Say what is going on."""
        under_way = sum(1 if event.is_start else -1 for _, event in self.events)
        if under_way and time.time() - self.events[0][0] > WORTH_SAYING:
            return "compiling (once)"
        return self.doing


@contextmanager
def shown(watch: Watch) -> Iterator[None]:
    """Show *watch* on stderr, if that is a terminal."""
    console = Console(stderr=True)
    if not console.is_interactive:
        yield
        return
    # By name: `kernels/_jit.py` alone imports Numba.
    event = importlib.import_module("numba.core.event")
    spinner = "dots" if console.encoding.startswith("utf") else "line"
    with event.install_recorder("numba:compile") as recorder:
        watch.events = recorder.buffer
        with console.status(watch, spinner=spinner):
            yield


def in_background(work: Callable[[], Rows]) -> Rows:
    """Return what *work* returns, which runs in a thread of its own.

    The main thread is then free to hear Ctrl-C at once: LLVM compiles for seconds without looking.
    """
    future: Future[Rows] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)  # without a limit Windows would not hear Ctrl-C
    return future.result()


def perform(job: Job, watch: Watch) -> Rows:
    """Do the job and return the rows of its card."""
    watch.doing = "reading the flights" if job.is_flights else "making the data"
    data = job.load() if job.is_flights else None  # first: the extra `data` may be missing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile_seconds = job.rehearse().compile_seconds
    data = data or job.load()
    watch.doing = "fitting"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        result = fastgd.fit(data.X, data.y, **job.fit, callback=watch.epoch)
    watch.doing = "scoring"
    return [
        *job.describe(data),
        *describe(result, compile_seconds + result.compile_seconds),
        *score(result, data),
        ("stopped", str(result.stop_reason)),
        *(("note", str(warning.message)) for warning in caught),
    ]


def describe(result: fastgd.FitResult, compile_seconds: float) -> Rows:
    """Return what ran and what it took."""
    rate, history = result.learning_rate_, result.history
    rate_text = f"{rate:.4g}" if isinstance(rate, float) else repr(rate)
    chosen = "given" if result.mode == "textbook" else "self-tuned"
    size = f", {result.batch_size_:,} rows per step" if result.variant == "minibatch" else ""
    return [
        ("ran", f"{result.variant}, {result.optimizer_.name}, {result.loss_.name}{size}"),
        ("learning rate", f"{rate_text} ({chosen})"),
        ("epochs", f"{result.n_iter_:,} ({history['passes'][-1]:,.4g} passes over the rows)"),
        ("seconds", f"{history['seconds'][-1]:.3g} (+ {compile_seconds:.2g} to compile or load)"),
    ]


def score(result: fastgd.FitResult, data: Data) -> Rows:
    """Return how well it fits, and how well the true coefficients do."""
    X, y, truth, _ = data
    text = f"{result.score(X, y):.6g}"
    if truth is not None:
        ideal = replace(result, coef_=truth, intercept_=0.0)
        text += f" ({ideal.score(X, y):.6g} with the true coefficients)"
    z = result.decision_function(X)
    if result.classes_ is None:
        return [("R^2", text), ("RMSE", f"{np.sqrt(np.mean((y - z) ** 2)):.6g}")]
    if not result.loss_.probability:
        return [("accuracy", text)]
    loss = np.logaddexp(0.0, np.where(y == result.classes_[1], -z, z)).mean()
    return [("accuracy", text), ("mean log loss", f"{loss:.6g}")]


def show_card(rows: Rows, code: str) -> None:
    """Print the card: a panel on a terminal, else one line per row."""
    console = Console(markup=False, highlight=False)  # brackets in a message are brackets
    if not console.is_terminal:
        lines = [f"{label:<14} {text}" for label, text in rows]
        click.echo("\n".join([*lines, "", "In Python:", "", code]), nl=False)
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    for label, text in rows:
        grid.add_row(label, text, style="yellow" if label == "note" else None)
    console.print(Panel.fit(grid, title="fastgd fit", title_align="left"))
    console.print("\nIn Python:\n")
    console.print(Syntax("", "python", theme="ansi_dark").highlight(code), soft_wrap=True)


# ---- the ways out


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command `fastgd`, with the process's arguments by default, and exit.

    Whatever goes wrong is one line on stderr. The exit status is 2 for what was asked in a wrong
    way, 130 for Ctrl-C and 1 for the rest.
    """
    if not INSTALLED:
        leave('the command needs click and rich: run `pip install "fastgd[cli]"`.', 1)
    try:
        sys.exit(command().main(arguments, prog_name="fastgd", standalone_mode=False))
    except click.ClickException as error:
        leave(error.format_message(), error.exit_code)
    except (TypeError, ValueError) as error:
        leave(as_flag(str(error)), 2)
    except (ImportError, MemoryError, OSError) as error:
        leave(str(error), 1)
    except click.Abort:  # Ctrl-C before the work began
        leave_interrupted()


def as_flag(message: str) -> str:
    """Return a sentence about a keyword of Python as one about the flag that sets it."""
    for flag, keyword, *_ in [*MADE_OPTIONS, *FIT_OPTIONS]:
        if message.startswith(f"{keyword} "):
            return message.replace(keyword, flag, 1)
    return message


def say(message: str) -> None:
    """Print one line on stderr."""
    print("fastgd:", *message.split(), file=sys.stderr, flush=True)


def leave(message: str, status: int) -> NoReturn:
    """Exit with one line on stderr."""
    say(message)
    sys.exit(status)


def leave_interrupted() -> NoReturn:
    """Exit at once: `sys.exit` would wait for threads, or take LLVM away from one that compiles."""
    say("interrupted")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
