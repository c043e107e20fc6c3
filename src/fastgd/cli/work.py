"""Doing a job: in a thread of its own, while a person sees how far it is."""

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import click
from rich.console import Console

import fastgd
from fastgd.cli.card import Rows, describe_data, describe_run, score, show_card
from fastgd.cli.job import Job
from fastgd.kernels._jit import record_compiling

WORTH_SAYING = 0.5  # seconds of compiling


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


def run(job: Job) -> None:
    """Do *job* and print its card; on the way show its state on stderr, if that is a terminal."""
    watch, console = Watch(), Console(stderr=True)
    spinner = "dots" if console.encoding.startswith("utf") else "line"
    status: AbstractContextManager[object] = nullcontext()
    if console.is_interactive:
        status = console.status(watch, spinner=spinner)
    try:
        with record_compiling() as recorder, status:
            watch.events = recorder.buffer
            rows = in_background(lambda: perform(job, watch))
    except KeyboardInterrupt:
        raise click.Abort from None  # click itself would add an empty line
    show_card(rows, job.code())


def in_background(work: Callable[[], Rows]) -> Rows:
    """Return what *work* returns, which runs in a thread of its own.

    The main thread is then free to hear Ctrl-C at once: LLVM compiles for seconds without looking.
    """
    future = ThreadPoolExecutor(1).submit(work)
    while not future.done():
        wait([future], timeout=0.1)  # without a limit Windows would not hear Ctrl-C
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
        *describe_data(job, data),
        *describe_run(result, compile_seconds + result.compile_seconds),
        *score(result, data),
        ("stopped", str(result.stop_reason)),
        *(("note", str(warning.message)) for warning in caught),
    ]
