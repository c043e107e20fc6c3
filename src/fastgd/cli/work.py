"""Doing a job: in a thread of its own, while a person sees how far it is."""

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, TypeVar

import click
import numpy as np
from rich.console import Console

import fastgd
from fastgd.cli.job import Job
from fastgd.cli.origins import Data
from fastgd.cli.report import Report, measure
from fastgd.cli.scaling import Scaling, standardize
from fastgd.kernels._jit import record_compiling

WORTH_SAYING = 0.5  # seconds of compiling
MOST_SCALES = 10_000  # kept in a model's notes, whose size is bounded

Got = TypeVar("Got")


class Watch:
    """What a person sees while it works; rich asks some ten times a second."""

    def __init__(self, doing: str = "starting") -> None:
        self.doing = doing
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


def work(watch: Watch, task: Callable[[], Got]) -> Got:
    """Return what *task* returns; show on the way how far it is, if stderr is a terminal."""
    console = Console(stderr=True)
    spinner = "dots" if console.encoding.startswith("utf") else "line"
    status: AbstractContextManager[object] = nullcontext()
    if console.is_interactive:
        status = console.status(watch, spinner=spinner)
    try:
        with record_compiling() as recorder, status:
            watch.events = recorder.buffer
            return in_background(task)
    except KeyboardInterrupt:
        raise click.Abort from None  # click itself would add an empty line


def in_background(task: Callable[[], Got]) -> Got:
    """Return what *task* returns, which runs in a thread of its own.

    The main thread is then free to hear Ctrl-C at once: LLVM compiles for seconds without looking.
    """
    future = ThreadPoolExecutor(1).submit(quietly, task)
    while not future.done():
        wait([future], timeout=0.1)  # without a limit Windows would not hear Ctrl-C
    return future.result()


def quietly(task: Callable[[], Got]) -> Got:
    """Return what *task* returns; warnings, such as NumPy's of an overflow, are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return task()


def perform(job: Job, watch: Watch) -> Report:
    """Do the job and report what came of it."""
    watch.doing = job.origin.doing
    began = time.perf_counter()
    opened = job.origin.open()
    opening = time.perf_counter() - began
    compile_seconds = job.rehearse().compile_seconds
    began = time.perf_counter()
    data = job.origin.load(opened)
    del opened  # a table beside X
    scaling = None
    if job.standardize:
        data.X, scaling = standardize(data.X)
    loading = opening + time.perf_counter() - began
    watch.doing = "fitting"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        result = fit(job, data, watch)
    watch.doing = "scoring"
    return Report(
        job,
        n_rows=len(data.X),
        dtype=str(data.X.dtype),
        seconds=loading,
        result=finish(result, data, scaling),
        compile_seconds=compile_seconds + result.compile_seconds,
        quality=measure(result, data, with_truth=scaling is None),
        remarks=[*data.remarks, *remark_scaling(job)],
        warnings=[str(warning.message) for warning in caught],
        code=job.code(data, has_constant=scaling is not None and scaling.has_constant),
        read=data.read,
    )


def fit(job: Job, data: Data, watch: Watch) -> fastgd.FitResult:
    """Fit the data, which may be scaled."""
    X, y, weights = data.X, data.y, data.weights
    return fastgd.fit(X, y, sample_weight=weights, **job.fit, callback=watch.epoch)


def finish(result: fastgd.FitResult, data: Data, scaling: Scaling | None) -> fastgd.FitResult:
    """Return *result* for the data as they were, with what it takes to use it on other data."""
    notes = {**data.notes, "standardized": scaling is not None}
    if data.weights is not None:  # as many numbers as there are rows: no model should carry them
        result = replace(result, recipe=result.recipe | {"sample_weight": None})
    if scaling is not None:
        result = scaling.fold(result)
        if len(scaling.scale) <= MOST_SCALES:
            notes["scale"] = [0.0 if np.isinf(scale) else float(scale) for scale in scaling.scale]
    if data.names is not None:
        result = replace(result, feature_names_in_=np.array(data.names, dtype=object))
    if data.encoding is not None:
        names = np.array([column.name for column in data.encoding.columns], dtype=object)
        result = replace(result, feature_names_in_=names, encoding_=data.encoding)
    if data.labels:
        result = replace(result, classes_=np.array(data.labels))
    return replace(result, notes=notes)


def remark_scaling(job: Job) -> list[str]:
    """Return what a reader of penalised coefficients has to know."""
    if not (job.standardize and job.fit.get("alpha")):
        return []
    return ["the penalty and the objective are those of the scaled columns"]
