"""The command `fastgd`: from what was typed to a job, unless it cannot be done."""

import math
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource

import fastgd
from fastgd.cli.job import Job
from fastgd.cli.options import MADE_OPTIONS, options
from fastgd.cli.work import run
from fastgd.losses import LOSSES

MEMORY_LIMITS = (
    (Path("/proc/meminfo"), r"MemAvailable:\s+(\d+) kB", 1024),
    (Path("/sys/fs/cgroup/memory.max"), r"(\d+)", 1),
)
FIT_HELP = """Fit a linear model by gradient descent, to data made on the spot or to real flights.

Shows what ran, how well it fits, why it stopped, and the lines of Python that do the same.

\b
Examples:
  fastgd fit
  fastgd fit --flights
  fastgd fit --variant batch --optimizer nesterov --condition 100
  fastgd fit --loss log_loss --rows 1e5 --learning-rate 0.1 --max-iter 20
"""


@click.group(
    "fastgd",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.version_option(fastgd.__version__, message="%(prog)s %(version)s")
@click.pass_context
def group(context: click.Context) -> None:
    """Gradient descent for linear models, as fast as memory delivers the data."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@group.command("fit", params=options(), help=FIT_HELP)
def fit(**values: Any) -> None:
    """Do what `fastgd fit` was asked for."""
    run(read_job(values))


def read_job(values: dict[str, Any]) -> Job:
    """Return what is asked for; refuse what contradicts itself or cannot be held in memory."""
    source = click.get_current_context().get_parameter_source
    given = {k: v for k, v in values.items() if source(k) is ParameterSource.COMMANDLINE}
    flags = {keyword: flag for flag, keyword, *_ in MADE_OPTIONS}
    seed = {"random_state": values["random_state"]}
    made = {k: v for k, v in given.items() if k in flags}
    fit = {k: v for k, v in given.items() if k not in {*made, "flights", "standardize"}} | seed
    classifies = LOSSES[values["loss"]].target == "binary"
    standardize = values["standardize"]
    if values["flights"]:
        for name in made:
            raise click.UsageError(f"{flags[name]} is for made data; leave it out with --flights.")
        if classifies:
            raise click.UsageError(
                f"--loss {values['loss']} needs two labels, and the flights have minutes of delay; "
                "choose another loss or leave out --flights."
            )
        return Job("load_flights", {}, fit, standardize is not False)
    check_size(values["n_samples"], values["n_features"], values["dtype"], bool(standardize))
    maker = "make_classification" if classifies else "make_regression"
    return Job(maker, made | seed, fit, bool(standardize))


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
