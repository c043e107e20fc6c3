"""Runs of a comparison: what may be asked for, as a text or as keywords of `fit`."""

import inspect
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastgd.base.validation import as_float, check_name, did_you_mean, show
from fastgd.fitting.fit import fit
from fastgd.optimizers import OPTIMIZERS
from fastgd.planning.request import VARIANTS, is_auto, read_request

DEFAULT_RUNS = (
    "batch",
    "stochastic",
    "minibatch",
    "batch:gd",
    "batch:momentum",
    "minibatch:momentum",
    "minibatch:adagrad",
    "minibatch:adam",
)
OF_ALL = ("X", "y", "loss", "alpha", "l1_ratio", "fit_intercept", "sample_weight", "offset")
SET_BY_COMPARE = ("random_state", "time_limit", "record", "record_path", "callback", "verbose")
NOT_OF_A_RUN = (*OF_ALL, *SET_BY_COMPARE, "unknown")
FREE = tuple(name for name in inspect.signature(fit).parameters if name not in NOT_OF_A_RUN)
DEFAULTS = {
    name: inspect.signature(fit).parameters[name].default
    for name in inspect.signature(read_request).parameters
}  # of the keywords of a run, checked before any run
WORDS = {"true": True, "false": False, "none": None}


def read_runs(runs: Any) -> dict[str, dict[str, Any]]:
    """Return each run's keywords by its name.

    Raises
    ------
    TypeError, ValueError
        If a run cannot be read, or two have one name.
    """
    if runs is None:
        runs = DEFAULT_RUNS
    if isinstance(runs, (str, Mapping)) or not isinstance(runs, Iterable):
        raise TypeError(f"runs must be a list of strings or dicts; got {show(runs)}.")
    read: dict[str, dict[str, Any]] = {}
    for run in runs:
        name, keywords = read_text(run) if isinstance(run, str) else read_mapping(run)
        if name in read:
            raise ValueError(f"two runs are called {name!r}; give one of them another name.")
        if not name or len(name.split()) != 1:
            raise ValueError(f"the name of a run must be a word without spaces; got {show(name)}.")
        check_run(name, keywords)
        read[name] = keywords
    return read


def check_run(name: str, keywords: dict[str, Any]) -> None:
    """Refuse keywords that `fit` would refuse whatever the data."""
    with naming(name):
        read_request(**{key: keywords.get(key, default) for key, default in DEFAULTS.items()})


@contextmanager
def naming(run: str) -> Iterator[None]:
    """Let a refusal begin with the name of the run that it is about."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"the run {run!r}: {error}") from None


def read_text(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the keywords of ``variant[:optimizer][:keyword=value]...``."""
    variant, *rest = text.split(":")
    keywords: dict[str, Any] = {"variant": check_name("a run's variant", variant, VARIANTS)}
    for word in rest:
        key, has_value, value = word.partition("=")
        if not has_value:
            hint = " or keyword=value"
            key, value = (
                "optimizer",
                check_name("a run's optimizer", word, ["auto", *OPTIMIZERS], hint),
            )
        check_keyword(key)
        if key in keywords:
            raise ValueError(f"the run {text!r} gives {key} twice.")
        keywords[key] = read_value(value)
    rate = keywords.get("learning_rate", "auto")
    if not (is_auto(rate) or 0 < as_float(rate) < math.inf):
        raise ValueError(
            f'the run {text!r}: learning_rate must be a positive number or "auto"; got '
            f"{show(rate)}."
        )
    return text, keywords


def read_mapping(run: Any) -> tuple[str, dict[str, Any]]:
    """Return the name and the keywords of a dict of keywords of `fit`, a "name" among them."""
    if not isinstance(run, Mapping):
        raise TypeError(f"a run must be a string or a dict of keywords of fit; got {show(run)}.")
    keywords = {key: value for key, value in run.items() if key != "name"}
    for key in keywords:
        check_keyword(key)
    keywords.setdefault("variant", "minibatch")
    words = [f"{k}={v}" for k, v in keywords.items() if k != "variant"]
    return str(run.get("name", ":".join([str(keywords["variant"]), *words]))), keywords


def check_keyword(key: Any) -> None:
    """Refuse a keyword that a run cannot have."""
    if key in FREE:
        return
    if key in OF_ALL:
        raise ValueError(f"{key} is the same for all runs: give it to compare itself.")
    if key in SET_BY_COMPARE:
        raise ValueError(f"{key} is set by compare for all runs; leave it out of a run.")
    raise TypeError(f"a run got an unexpected keyword {show(key)}.{did_you_mean(str(key), FREE)}")


def read_value(text: str) -> Any:
    """Return the number, truth value or word that *text* stands for."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
