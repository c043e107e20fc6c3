"""The command `fastgd predict`."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from fastgd.cli.json_output import write_json
from fastgd.cli.missing_options import MISSING_OPTIONS, ON_UNKNOWN, take_missing
from fastgd.cli.options import FORCE, JSON, MODEL, flag_option, path_option
from fastgd.cli.output_files import check_kind, check_out, write_csv, write_predictions
from fastgd.cli.predict.predicting import Request, predict
from fastgd.cli.progress import Watch, work
from fastgd.cli.reading_options import reading_options, take_reading

PREDICT_HELP = """Predict the rows of a file with a saved model.

Writes one prediction per row as a CSV column. If the file has the target column too, the score is
printed on stderr.

\b
Examples:
  fastgd predict cars.fastgd --data new.csv
  fastgd predict cars.fastgd --data new.parquet --out prices.npy
"""


def predict_options() -> list[click.Parameter]:
    """Return the arguments and options of `fastgd predict`."""
    return [
        MODEL,
        click.Option(
            ["--data"],
            type=Path,
            metavar="FILE",
            required=True,
            help="The rows to predict, with the columns that were fitted; other columns are "
            "ignored. By default it is read with the options that were used in the fit.",
        ),
        click.Option(
            ["--target"],
            metavar="COL",
            help="Column of true values, to compute the score.  [default: the target of the fit, "
            "if the file has it]",
        ),
        *reading_options(),
        ON_UNKNOWN,
        *MISSING_OPTIONS,
        flag_option("--proba", "Write the probabilities of the two labels instead of labels."),
        path_option(
            "--out", "Write the predictions to this .csv, .npy or .parquet file instead of stdout."
        ),
        FORCE,
        JSON,
    ]


@click.command("predict", params=predict_options(), help=PREDICT_HELP)
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
    """Run `fastgd predict`."""
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
