"""Arguments that several commands share: which data to use, and which loss."""

from dataclasses import fields
from typing import Any

import click
import numpy as np
from click.core import ParameterSource

from fastgd.base.memory import check_memory
from fastgd.cli.file_origin import FromFile
from fastgd.cli.missing_options import FLAGS as ENCODING_FLAGS
from fastgd.cli.missing_options import take_missing
from fastgd.cli.options import MADE_OPTIONS
from fastgd.cli.origins import Flights, Made, Origin
from fastgd.cli.reading_options import take_reading
from fastgd.data.categories.encoding import Policy
from fastgd.data.files.read_options import FLAGS
from fastgd.losses import LOSSES, Loss

FILE_OPTIONS = ("target", "drop", "weight", "offset")


def given_on_the_command_line(values: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, without defaults."""
    source = click.get_current_context().get_parameter_source
    return {k: v for k, v in values.items() if source(k) is ParameterSource.COMMANDLINE}


def made_keywords(given: dict[str, Any]) -> dict[str, Any]:
    """Return the given options of generated data."""
    keywords = {keyword for _, keyword, *_ in MADE_OPTIONS}
    return {k: v for k, v in given.items() if k in keywords}


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
    """Return the source of the data; raise an error for options of other sources."""
    loss = values["loss"]
    classifies = LOSSES[loss]().takes_labels
    if values["data"] is not None and values["flights"]:
        raise click.UsageError("--data and --flights exclude each other; give one of them.")
    real = "--data" if values["data"] is not None else "--flights"
    flags = {keyword: flag for flag, keyword, *_ in MADE_OPTIONS}
    if values["data"] is not None or values["flights"]:
        for name in made:
            raise click.UsageError(
                f"{flags[name]} is for generated data; leave it out with {real}."
            )
    if values["data"] is not None:
        target, drop, weight, offset = (values[name] for name in FILE_OPTIONS)
        reading, missing = take_reading(values), take_missing(values)
        policy = Policy(
            onehot=True,
            unknown=values.get("on_unknown") or "error",
            missing=missing or "error",
            full=values["alpha"] > 0,
        )
        of_file = values["data"], target, drop, weight, offset
        return FromFile(*of_file, loss, classifies, policy, reading)
    for name, flag in {**FLAGS, **ENCODING_FLAGS}.items():
        if name in given:
            raise click.UsageError(f"{flag} is an option for files; give a file with --data.")
    for name in FILE_OPTIONS:
        if name in given:
            raise click.UsageError(f"--{name} names a column of a file; give a file with --data.")
    if values["flights"]:
        if classifies:
            raise click.UsageError(
                f"--loss {loss} needs two labels, but the target of --flights is a delay in "
                "minutes; choose another loss, or leave out --flights."
            )
        return Flights()
    maker = "make_classification" if classifies else "make_regression"
    return Made(maker, made | seed, LOSSES[loss]())


def check_size(rows: int, features: int, dtype: str, standardize: bool) -> None:
    """Refuse a table that is empty, or for which there is not the memory."""
    for flag, count, least in (("--rows", rows, 1 + standardize), ("--features", features, 1)):
        if count < least:
            raise click.UsageError(f"{flag} must be at least {least}; got {count}.")
    check_memory(rows, features, np.dtype(dtype).itemsize, "give fewer --rows or --features")
