"""The command `fastgd`: from what was typed to a job, unless it cannot be done."""

import sys
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource

import fastgd
from fastgd.base.memory import check_memory
from fastgd.cli.card import describe, show_card
from fastgd.cli.comparing import QUICK, QUICK_MADE, QUICK_RUNS, Race, default_peers, run_race
from fastgd.cli.demo import demo
from fastgd.cli.encoding_options import FLAGS as ENCODING_FLAGS
from fastgd.cli.encoding_options import take_missing
from fastgd.cli.inspecting import describe_model, model_facts
from fastgd.cli.job import Job
from fastgd.cli.options import (
    MADE_OPTIONS,
    compare_options,
    inspect_options,
    options,
    predict_options,
)
from fastgd.cli.origins import Flights, FromFile, Made, Origin
from fastgd.cli.outputs import check_kind, check_out, write_csv, write_predictions
from fastgd.cli.predicting import Request, predict
from fastgd.cli.reading_options import take_reading
from fastgd.cli.report import KEYS, Report, write_json
from fastgd.cli.work import Watch, perform, work
from fastgd.data.categories.encoding import Policy
from fastgd.data.files.read_options import FLAGS
from fastgd.losses import LOSSES, Loss

FILE_OPTIONS = ("target", "drop", "weight")
FIT_HELP = f"""Fit a linear model by gradient descent, to a file, made data or real flights.

Shows what ran, how well it fits, why it stopped, and the lines of Python that do the same.

\b
Examples:
  fastgd fit --data cars.csv --target price --drop id --out cars.fastgd
  fastgd fit --data cars.csv --target price --missing ?,-999 --drop-missing
  fastgd fit --data table.npy --target -1 --loss huber
  fastgd fit
  fastgd fit --flights
  fastgd fit --variant batch --optimizer nesterov --condition 100
  fastgd fit --loss log_loss --rows 1e5 --learning-rate 0.1 --max-iter 20

In files, columns of text become columns of zeros and ones, one per level but the first (with a
penalty one per level). A column most of whose values are numbers is numeric. Dates, lists and
numbers with a unit (53%) are refused, by column and row, and so are missing values unless
--on-missing says what becomes of them.
How a text file is written is guessed from its first lines, and stderr says what was guessed.

The exit status is 0, or 1 where the fit diverged or something could not be read or written, 2 for
what was asked in a wrong way, 130 after Ctrl-C, which ends a fit early and saves it if --out is
given and an epoch is complete.

\b
With --json, the object has the keys
{chr(10).join(f"  {key:<16} {what}" for key, what in KEYS.items())}
"""
PREDICT_HELP = """Predict the rows of a file with a saved model.

Writes a column of predictions, one per row, as CSV; if the file has the target too, stderr shows
the score.

\b
Examples:
  fastgd predict cars.fastgd --data new.csv
  fastgd predict cars.fastgd --data new.parquet --out prices.npy
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


group.add_command(demo)


@group.command("fit", params=options(), help=FIT_HELP)
def fit(**values: Any) -> None:
    """Do what `fastgd fit` was asked for."""
    job = read_job(values)
    watch = Watch()
    report = work(watch, partial(perform, job, watch))
    for remark in report.read:
        click.echo(f"fastgd: {remark}", err=True)
    finish(report)


def finish(report: Report) -> None:
    """Show what came of the job, even if the model could not be saved."""
    if report.job.as_json:
        click.echo(write_json(report.facts()))
    else:
        show_card(describe(report), report.code)
    if report.problem is not None:
        raise report.problem
    if report.diverged:
        out = report.job.out
        kept = "" if out is None else f", and nothing was written to {out}"
        raise click.ClickException(f"the fit diverged{kept}.")


@group.command("predict", params=predict_options(), help=PREDICT_HELP)
def predict_file(
    model: Path,
    data: Path,
    target: str | None,
    on_unknown: str | None,
    proba: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
    **values: Any,
) -> None:
    """Do what `fastgd predict` was asked for."""
    check_kind(out)
    check_out(out, force, [model, data])
    request = Request(
        model, data, target, proba, take_reading(values), on_unknown, take_missing(values)
    )
    predicted = work(Watch("predicting"), partial(predict, request))
    for remark in predicted.remarks:
        click.echo(f"fastgd: {remark}", err=True)
    if out is not None:
        write_predictions(out, predicted.columns)
    if as_json:
        click.echo(write_json(predicted.facts(request, out)))
        return
    if out is None:
        write_csv(sys.stdout, predicted.columns)
    if predicted.score is not None:
        text = f"{predicted.score_name} {predicted.score:.6g} on column {predicted.target!r}"
        click.echo(f"fastgd: {text}", err=True)


@group.command("inspect", params=inspect_options())
def inspect(model: Path, every: bool, as_json: bool) -> None:
    """Show a saved model: what ran, its coefficients by name, the largest first."""
    shown = write_json(model_facts(model)) if as_json else describe_model(model, every=every)
    click.echo(shown)


COMPARE_HELP = """Race the variants, optimizers and what others would use, on one objective.

Shows for each run the median time and the passes over the rows to two targets, and how far from the
optimum it ended, in a table that fits 80 columns; one sentence per target says who won. --wide and
--report have all targets, the spread of the times, and the share of the memory's bandwidth at which
the rows were read.

The last column is a word: first (at one of the two targets), reached (both), partly (one), missed
(none), left again (it reached a target and ended above it), diverged or failed.

\b
Examples:
  fastgd compare --quick
  fastgd compare --flights --plot flights.png
  fastgd compare --data cars.csv --target price --runs 'batch minibatch' --report cars.md
  fastgd compare --quick --json now.json --against before.json
  fastgd compare --quick --require 'minibatch.passes_to_stat <= 20'

The exit status is 1 where a condition fails.
"""


@group.command("compare", params=compare_options(), help=COMPARE_HELP)
def compare_variants(**values: Any) -> None:
    """Do what `fastgd compare` was asked for."""
    force = values.pop("force")
    asked = read_race(values)
    asked.check(force=force)
    run_race(asked)


def read_race(values: dict[str, Any]) -> Race:
    """Return the race that is asked for."""
    given = given_on_the_command_line(values)
    quick, seed = values["quick"], {"random_state": values["random_state"]}
    made = made_keywords(given)
    origin = read_origin(values, given, made, seed)
    if isinstance(origin, Made):
        origin = replace(origin, keywords=(QUICK_MADE if quick else {}) | origin.keywords)
        sizes = {k: values[k] for k in ("n_samples", "n_features")} | origin.keywords
        check_size(sizes["n_samples"], sizes["n_features"], values["dtype"], False)
    names = ("loss", "alpha", "l1_ratio", "n_threads", "repeats", "time_limit", "runs")
    keywords = {k: given[k] for k in names if k in given and given[k] is not None} | seed
    if values["loss_parameter"] is not None:
        keywords["loss"] = with_parameter(values["loss"], values["loss_parameter"])
    if quick:
        keywords = {**QUICK, "runs": list(QUICK_RUNS), **keywords}
    peers = values["peers"]
    if peers is None:
        peers = default_peers(values["loss"], values["l1_ratio"], quick)
    standardize = values["standardize"]
    if standardize is None:
        standardize = not isinstance(origin, Made)
    outputs = {name: values[name] for name in ("report", "json", "plot", "against")}
    return Race(
        origin,
        keywords | {"peers": peers},
        standardize,
        slower=values["slower"],
        require=values["require"],
        wide=values["wide"],
        **outputs,
    )


def given_on_the_command_line(values: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were written, not those left to their defaults."""
    source = click.get_current_context().get_parameter_source
    return {k: v for k, v in values.items() if source(k) is ParameterSource.COMMANDLINE}


def made_keywords(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was said of made data."""
    keywords = {keyword for _, keyword, *_ in MADE_OPTIONS}
    return {k: v for k, v in given.items() if k in keywords}


def read_job(values: dict[str, Any]) -> Job:
    """Return what is asked for; refuse what contradicts itself or cannot be held in memory."""
    out, as_json, force = values.pop("out"), values.pop("as_json"), values.pop("force")
    parameter = values.pop("loss_parameter")
    check_out(out, force, [values["data"]])
    given = given_on_the_command_line(values)
    seed = {"random_state": values["random_state"]}
    made = made_keywords(given)
    other = {*made, *FILE_OPTIONS, *FLAGS, *ENCODING_FLAGS, "data", "flights", "standardize"}
    fit = {k: v for k, v in given.items() if k not in other} | seed
    if parameter is not None:
        fit["loss"] = with_parameter(values["loss"], parameter)
    origin = read_origin(values, given, made, seed)
    standardize = values["standardize"]
    if isinstance(origin, Made):
        check_size(values["n_samples"], values["n_features"], values["dtype"], bool(standardize))
        standardize = bool(standardize)
    return Job(origin, fit, standardize is not False, out, as_json)


def with_parameter(name: str, parameter: float) -> Loss:
    """Return the loss of that name with its parameter; refuse one that has none."""
    row = LOSSES[name]
    if not fields(row):
        able = [other for other in LOSSES if fields(LOSSES[other])]
        raise click.UsageError(f"--loss-parameter is for --loss {', '.join(able)}; got {name}.")
    return row(parameter)  # the one that such a row has


def read_origin(
    values: dict[str, Any], given: dict[str, Any], made: dict[str, Any], seed: dict[str, Any]
) -> Origin:
    """Return where the data come from; refuse options that are for other data."""
    loss = values["loss"]
    classifies = LOSSES[loss].target == "binary"
    if values["data"] is not None and values["flights"]:
        raise click.UsageError("--data and --flights are two tables; give one of them.")
    real = "--data" if values["data"] is not None else "--flights"
    flags = {keyword: flag for flag, keyword, *_ in MADE_OPTIONS}
    if values["data"] is not None or values["flights"]:
        for name in made:
            raise click.UsageError(f"{flags[name]} is for made data; leave it out with {real}.")
    if values["data"] is not None:
        target, drop, weight = (values[name] for name in FILE_OPTIONS)
        reading, missing = take_reading(values), take_missing(values)
        policy = Policy(
            onehot=True,
            unknown=values.get("on_unknown") or "error",
            missing=missing or "error",
            full=values["alpha"] > 0,
        )
        return FromFile(values["data"], target, drop, weight, loss, classifies, policy, reading)
    for name, flag in {**FLAGS, **ENCODING_FLAGS}.items():
        if name in given:
            raise click.UsageError(f"{flag} is about a file; give the file as --data.")
    for name in FILE_OPTIONS:
        if name in given:
            raise click.UsageError(f"--{name} names a column of a file; give the file as --data.")
    if values["flights"]:
        if classifies:
            raise click.UsageError(
                f"--loss {loss} needs two labels, and the flights have minutes of delay; "
                "choose another loss or leave out --flights."
            )
        return Flights()
    return Made("make_classification" if classifies else "make_regression", made | seed)


def check_size(rows: int, features: int, dtype: str, standardize: bool) -> None:
    """Refuse a table that is empty, or for which there is not the memory."""
    for flag, count, least in (("--rows", rows, 1 + standardize), ("--features", features, 1)):
        if count < least:
            raise click.UsageError(f"{flag} must be at least {least}; got {count}.")
    check_memory(rows, features, np.dtype(dtype).itemsize, "give fewer --rows or --features")
