"""Threads whose caller may be interrupted at any moment.

`concurrent.futures` and `threading` share locks with their caller: a KeyboardInterrupt between the
wrong two of their lines leaves one locked for good, or comes out as a RuntimeError. Here the caller
touches nothing but `SimpleQueue` and `start_new_thread`, which do at once whatever they do.
"""

import contextlib
import os
import sys
from _thread import start_new_thread
from collections.abc import Callable
from contextvars import copy_context
from itertools import pairwise
from queue import Empty, SimpleQueue
from typing import Any, Self
from weakref import ref

GLANCE = 0.05  # seconds between looks for Ctrl-C: not every system ends a wait for it
PATIENCE = 1.0  # seconds until a thread without work looks whether any can still come

Queue = SimpleQueue[Any]


class Workers:
    """Threads for tasks that come together; they start when they are needed first."""

    def __init__(self, n_threads: int) -> None:
        self.n_threads = n_threads
        self._forget()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *failure: Any) -> None:
        """Let no thread stay behind."""
        self.close()

    def share(
        self, function: Callable[[int, int], None], count: int, most: int = sys.maxsize
    ) -> None:
        """Call *function* with the ends of each part of *count* things: a part a thread."""
        threads = max(1, min(self.n_threads, count, most))
        edges = [count * k // threads for k in range(threads + 1)]
        self.call(function, list(pairwise(edges)))

    def call(self, function: Callable[..., Any], tasks: list[tuple[Any, ...]]) -> None:
        """Call *function* with the arguments of each task; return when all of them are done.

        The caller does the last of them itself: a thread less to wake.
        """
        others, last = tasks[:-1], tasks[-1]
        if others:
            self._start(len(others))
        if self._count == 0:
            for task in tasks:
                function(*task)
            return
        done = Queue()
        for task in others:
            # In a context of its own, where NumPy finds what the caller has said of its warnings.
            self._jobs.put((copy_context().run, (function, *task), done))
        function(*last)
        for _ in others:
            _result(done.get())

    def start(self, wanted: int, function: Callable[..., Any], *arguments: Any) -> None:
        """Call *function* in one of at least so many threads, as soon as one has nothing to do."""
        self._start(wanted)
        self._jobs.put((copy_context().run, (function, *arguments), Queue()))

    def close(self) -> None:
        """End the threads, each when it has finished what it is at."""
        if self._owner == os.getpid():
            with contextlib.suppress(Empty):
                while True:
                    self._jobs.get_nowait()
            self._jobs.put(None)
            for _ in range(self._count):
                self._ended.get()
        self._forget()

    def _forget(self) -> None:
        self._jobs, self._ended = Queue(), Queue()
        self._count = 0
        self._owner = os.getpid()

    def _start(self, wanted: int) -> None:
        if self._owner != os.getpid():  # no thread survives a fork
            self._forget()
        with contextlib.suppress(RuntimeError):  # a limit is met: fewer threads do it all
            while self._count < wanted:
                start_new_thread(_work, (self._jobs, self._ended, ref(self)))
                self._count += 1


def call_apart(
    function: Callable[..., Any], *arguments: Any, meanwhile: Callable[[], None] | None = None
) -> Any:
    """Call *function* in a thread of its own: an interrupt ends the wait, not the function.

    *meanwhile* is called at every glance in between.
    """
    done = Queue()
    try:
        start_new_thread(_run, (copy_context().run, (function, *arguments), done))
    except RuntimeError:  # no thread can be had
        return function(*arguments)
    while True:
        with contextlib.suppress(Empty):
            answer = done.get(timeout=GLANCE)
            break
        if meanwhile is not None:
            meanwhile()
    return _result(answer)


def _work(jobs: Queue, ended: Queue, owner: ref[Workers]) -> None:
    job: Any = ()
    while job is not None and owner() is not None:  # without one, `close` was interrupted, too
        with contextlib.suppress(Empty):
            job = jobs.get(timeout=PATIENCE)
            if job is not None:
                _run(*job)
                job = ()  # what it held may be large
    jobs.put(None)  # for the next thread
    ended.put(None)


def _run(function: Callable[..., Any], arguments: tuple[Any, ...], done: Queue) -> None:
    try:
        done.put((function(*arguments), None))
    except BaseException as error:
        done.put((None, error))


def _result(answer: tuple[Any, BaseException | None]) -> Any:
    result, error = answer
    if error is not None:
        raise error
    return result
