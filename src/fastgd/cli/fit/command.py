"""The command `fastgd fit`: from what was typed to a job, and what is shown of it."""

import inspect
from functools import partial
from typing import Any

import click

import fastgd
from fastgd import datasets
from fastgd.cli.arguments import (
    FILE_OPTIONS,
    check_size,
    given_on_the_command_line,
    made_keywords,
    read_origin,
    with_parameter,
)
from fastgd.cli.fit.card import describe, show_card
from fastgd.cli.fit.job import Job
from fastgd.cli.fit.report import KEYS, Report
from fastgd.cli.fit.running import perform
from fastgd.cli.json_output import write_json
from fastgd.cli.missing_options import FLAGS as ENCODING_FLAGS
from fastgd.cli.missing_options import ON_UNKNOWN
from fastgd.cli.option_values import COUNT
from fastgd.cli.options import (
    FIT_OPTIONS,
    FORCE,
    JSON,
    LOSS_PARAMETER,
    MADE_OPTIONS,
    STANDARDIZE,
    file_options,
    option,
    path_option,
)
from fastgd.cli.origins import Made
from fastgd.cli.output_files import check_out
from fastgd.cli.progress import Watch, work
from fastgd.data.files.read_options import FLAGS

FIT_HELP = f"""Fit a linear model by gradient descent to a file, generated data or real flights.

Prints what ran, how well the model fits, why the fit stopped, and the equivalent Python code.

\b
Examples:
  fastgd fit --data cars.csv --target price --drop id --out cars.fastgd
  fastgd fit --data cars.csv --target price --missing ?,-999 --drop-missing
  fastgd fit --data table.npy --target -1 --loss huber
  fastgd fit
  fastgd fit --flights
  fastgd fit --variant batch --optimizer nesterov --condition 100
  fastgd fit --loss log_loss --rows 1e5 --learning-rate 0.1 --max-iter 20

In files, each text column is one-hot encoded: one column of zeros and ones per level except the
first (with a penalty, one per level). A column is numeric if most of its values are numbers. Dates,
lists and numbers with a unit (53%) are errors that name the column and the row. So are missing
values, unless --on-missing says how to handle them.
The format of a text file is guessed from its first lines, and the guess is printed on stderr.

The exit status is 0 on success; 1 if the fit diverged, or a file could not be read or written; 2 if
an option or a value is invalid; 130 after Ctrl-C. Ctrl-C ends the fit early, and saves the model if
--out is given and at least one epoch is complete.

\b
With --json, the object has the keys
{chr(10).join(f"  {key:<16} {what}" for key, what in KEYS.items())}
"""


def fit_options() -> list[click.Parameter]:
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
            help="Return the mean of the iterates of all steps (Polyak-Ruppert).  [default: "
            "with --learning-rate auto, the mean of the later ones]",
        ),
        option(
            "--seed",
            "random_state",
            COUNT,
            "Seed of the generated data and of the order of rows.",
            0,
        ),
        path_option("--out", "Save the model in this file, for `fastgd predict` and fastgd.load."),
        FORCE,
        JSON,
    ]


@click.command("fit", params=fit_options(), help=FIT_HELP)
def fit(**values: Any) -> None:
    """Run `fastgd fit`."""
    job = read_job(values)
    watch = Watch()
    report = work(watch, partial(perform, job, watch))
    for remark in report.read:
        click.echo(f"fastgd: {remark}", err=True)
    finish(report)


def finish(report: Report) -> None:
    """Print the report, even if the model could not be saved."""
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


def read_job(values: dict[str, Any]) -> Job:
    """Return the job; raise an error for options that contradict each other or too large data."""
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
