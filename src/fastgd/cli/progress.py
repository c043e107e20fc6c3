"""Run a task in a thread of its own and show its progress."""

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from threading import Event
from typing import Any, TypeVar

import click
from rich.console import Console

import fastgd
from fastgd.base.quantities import write_seconds
from fastgd.kernels.compiler.jit import record_compiling

MIN_SHOWN_SECONDS = 0.5  # seconds of compiling

Got = TypeVar("Got")


class Interrupted(click.Abort):
    """Ctrl-C, and what became of a model that was being fitted."""


class Watch:
    """The progress line of a task; rich reads it about ten times a second."""

    def __init__(self, doing: str = "starting") -> None:
        self.doing = doing
        self.events: list[tuple[float, Any]] = []  # of compiling, with their times, from Numba
        self.most = ""  # "at most " if a fit may end before its last epoch
        self.end = Event()  # asks the fit to end
        self.keeps = False  # whether a model comes of what was done so far
        self.kept = ""  # what became of that model, once that is known
        self._racing = ""  # what is being done while a comparison runs
        self._turn = self._turns = 0
        self._first_turn = self._this_turn = 0.0  # when they began

    def epoch(self, progress: fastgd.Progress) -> None:
        """Record an epoch: the callback of `fit`."""
        epochs = f"epoch {progress.epoch:,} of {self.most}{progress.max_iter:,}"
        self.doing = f"{epochs}  loss {progress.loss:.6g}  {write_seconds(progress.seconds)}"

    def turn(self, name: str, turn: int, turns: int) -> None:
        """Record that run *turn* of *turns* of a comparison begins."""
        self._this_turn = time.monotonic()
        if turn == 1:
            self._first_turn = self._this_turn
        self._turn, self._turns = turn, turns
        self.doing = self._racing = f"{name}, run {turn} of {turns}"

    def __rich__(self) -> str:
        """Return the progress line."""
        under_way = sum(1 if event.is_start else -1 for _, event in self.events)
        if under_way and time.time() - self.events[0][0] > MIN_SHOWN_SECONDS:
            return f"{self.doing}, compiling (once)"
        return self.doing + self._time_left()

    def _time_left(self) -> str:
        """Return the time left, if the remaining runs take as long as the runs so far."""
        done = self._turn - 1
        if done < 1 or self.doing != self._racing:
            return ""
        usual = (self._this_turn - self._first_turn) / done
        left = usual * (self._turns - done) - (time.monotonic() - self._this_turn)
        return f", about {write_seconds(max(1.0, round(left)))} left"


def work(watch: Watch, task: Callable[[], Got]) -> Got:
    """Return the result of *task*; show its progress if stderr is a terminal."""
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
    """Run *task* in a thread of its own and return its result.

    The main thread can then handle Ctrl-C at once, even while LLVM compiles for seconds. If the
    task can end early with a model, the first Ctrl-C waits until the model is saved; the second
    does not.
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
    """Return the result of *task*; its warnings, such as NumPy's of an overflow, are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return task()
