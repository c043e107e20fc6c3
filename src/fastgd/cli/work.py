"""Doing a job: in a thread of its own, while a person sees how far it is."""

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import click
import numpy as np
from rich.console import Console

import fastgd
from fastgd.base.quantities import write_count, write_seconds
from fastgd.cli.job import Job
from fastgd.cli.origins import Data
from fastgd.cli.report import Report, measure
from fastgd.cli.scaling import Scaling, standardize
from fastgd.descent.driver import end_request
from fastgd.kernels.compiler.jit import record_compiling

WORTH_SAYING = 0.5  # seconds of compiling
MOST_SCALES = 10_000  # kept in a model's notes, whose size is bounded

Got = TypeVar("Got")


class Interrupted(click.Abort):
    """Ctrl-C, and what became of a model that was being fitted."""


class Watch:
    """What a person sees while it works; rich asks some ten times a second."""

    def __init__(self, doing: str = "starting") -> None:
        self.doing = doing
        self.events: list[tuple[float, Any]] = []  # of compiling, with their times, from Numba
        self.most = ""  # "at most " if a fit may end before its last epoch
        self.end = Event()  # asks the fit to end
        self.keeps = False  # whether a model comes of what was done so far
        self.kept = ""  # what became of that model, once that is settled
        self._racing = ""  # what is being done while a comparison runs
        self._turn = self._turns = 0
        self._first_turn = self._this_turn = 0.0  # when they began

    def epoch(self, progress: fastgd.Progress) -> None:
        """Hear of an epoch; the callback of `fit`."""
        epochs = f"epoch {progress.epoch:,} of {self.most}{progress.max_iter:,}"
        self.doing = f"{epochs}  loss {progress.loss:.6g}  {write_seconds(progress.seconds)}"

    def turn(self, name: str, turn: int, turns: int) -> None:
        """Hear that a run of a comparison begins, the n-th of m."""
        self._this_turn = time.monotonic()
        if turn == 1:
            self._first_turn = self._this_turn
        self._turn, self._turns = turn, turns
        self.doing = self._racing = f"{name}, run {turn} of {turns}"

    def __rich__(self) -> str:
        """Say what is going on."""
        under_way = sum(1 if event.is_start else -1 for _, event in self.events)
        if under_way and time.time() - self.events[0][0] > WORTH_SAYING:
            return f"{self.doing}, compiling (once)"
        return self.doing + self._time_left()

    def _time_left(self) -> str:
        """Return how long the comparison still takes if its runs take as long as those so far."""
        done = self._turn - 1
        if done < 1 or self.doing != self._racing:
            return ""
        usual = (self._this_turn - self._first_turn) / done
        left = usual * (self._turns - done) - (time.monotonic() - self._this_turn)
        return f", about {write_seconds(max(1.0, round(left)))} left"


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
            return in_background(task, watch)
    except KeyboardInterrupt:
        kept = watch.kept or ("nothing was saved" if watch.keeps else "")
        raise Interrupted(kept) from None  # click itself would add an empty line


def in_background(task: Callable[[], Got], watch: Watch) -> Got:
    """Return what *task* returns, which runs in a thread of its own.

    The main thread is then free to hear Ctrl-C at once: LLVM compiles for seconds without looking.
    If the task can be ended early with a model, the first Ctrl-C waits until that is saved, the
    second does not.
    """
    future = ThreadPoolExecutor(1).submit(quietly, task)
    while True:
        try:
            while not future.done() and not (watch.end.is_set() and watch.kept):
                wait([future], timeout=0.1)  # without a limit Windows would not hear Ctrl-C
            if watch.end.is_set() and watch.kept:
                raise KeyboardInterrupt
            return future.result()
        except KeyboardInterrupt:
            if watch.end.is_set() or watch.kept or not watch.keeps:
                raise
            watch.doing = "interrupted, saving the model (Ctrl-C again to leave without it)"
            watch.end.set()


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
    watch.doing, watch.keeps = "fitting", job.out is not None
    watch.most = "at most " if job.may_end_early else ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        fitted = fit(job, data, watch)  # to the scaled columns
    result = finish(fitted, data, scaling)
    problem = keep(job.out, result, watch)
    watch.doing = "scoring"
    return Report(
        job,
        n_rows=len(data.X),
        dtype=str(data.X.dtype),
        seconds=loading,
        result=result,
        compile_seconds=compile_seconds + fitted.compile_seconds,
        quality=measure(fitted, data, with_truth=scaling is None),
        remarks=[*data.remarks, *remark_scaling(job)],
        warnings=[str(warning.message) for warning in caught],
        code=job.code(data, has_constant=scaling is not None and scaling.has_constant),
        read=data.read,
        problem=problem,
    )


def keep(out: Path | None, result: fastgd.FitResult, watch: Watch) -> Exception | None:
    """Save the model, unless it diverged or an interrupt left it without an epoch.

    Returns the error that prevented it, to be raised when the rest has been shown.
    """
    if out is None:
        return None
    if result.stop_reason is fastgd.StopReason.DIVERGED:
        watch.kept = "the fit diverged, and nothing was saved"
    elif result.stop_reason is fastgd.StopReason.INTERRUPTED and result.n_iter_ == 0:
        watch.kept = "no epoch was complete, and nothing was saved"
    else:
        try:
            result.save(out)
        except (OSError, TypeError, ValueError) as error:
            return error
        epochs = write_count(result.n_iter_, "epoch")
        watch.kept = f"the model after {epochs} is in {out}"
    return None


def fit(job: Job, data: Data, watch: Watch) -> fastgd.FitResult:
    """Fit the data, which may be scaled."""
    X, y, weights = data.X, data.y, data.weights
    end_request.set(watch.end)
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
