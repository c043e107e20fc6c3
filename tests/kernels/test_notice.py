"""The notice that kernels are compiled: one line, for a person at a terminal who waits."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import fastgd
from fastgd.kernels.compiler import jit as _jit
from fastgd.kernels.compiler.notice import TEXT, Notice


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


class Closed:
    def isatty(self):
        raise ValueError("I/O operation on closed file")


def compile_for(monkeypatch, stream, *spans, watchers=0):
    """Compile for so many seconds, again and again, looked at in the middle and at the end."""
    clock, notice = [100.0], Notice()
    notice.watchers = watchers
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(sys, "stderr", stream)
    for seconds in spans:
        notice.consider()  # nothing is compiled
        notice.begin()
        notice.begin()  # a kernel within a kernel
        clock[0] += seconds / 2
        notice.end()
        notice.consider()
        clock[0] += seconds / 2
        notice.consider()
        notice.end()
        clock[0] += 10.0  # of other things
    return stream


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ([], ""),
        ([0.9], ""),
        ([1.1], TEXT),
        ([0.4, 0.4], ""),
        ([0.4, 0.4, 0.4], TEXT),  # many small kernels
        ([3.0, 3.0, 3.0], TEXT),  # once
    ],
)
def test_it_is_given_once_after_a_second_of_compiling(monkeypatch, spans, said):
    assert compile_for(monkeypatch, Stream(True), *spans).getvalue() == said


@pytest.mark.parametrize(
    ("stream", "watchers"), [(Stream(False), 0), (Stream(True), 1), (Stream(False), 1)]
)
def test_pipes_notebooks_and_who_shows_it_otherwise_get_none(monkeypatch, stream, watchers):
    assert compile_for(monkeypatch, stream, 5.0, watchers=watchers).getvalue() == ""


@pytest.mark.parametrize("stream", [None, Closed()])
def test_no_stderr_is_no_reason_to_fail(monkeypatch, stream):
    compile_for(monkeypatch, stream, 5.0)


FIT = "import fastgd; fastgd.fit([[1.0], [2.0], [4.0]], [1.0, 2.0, 3.0], learning_rate=0.1)"


@pytest.mark.compiled
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_the_first_fit_of_a_machine_says_that_it_compiles(tmp_path):
    import pty

    path = os.pathsep.join(
        [str(Path(fastgd.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    )
    environment = {**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(tmp_path)}

    def run(stderr):
        command = [sys.executable, "-W", "error", "-c", FIT]
        return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=stderr)

    shown = []
    for _ in ("cold", "warm"):
        reader, terminal = pty.openpty()
        done = run(terminal)
        os.close(terminal)
        assert (done.returncode, done.stdout) == (0, b"")
        try:
            shown.append(os.read(reader, 10_000).decode().replace("\r\n", "\n"))
        except OSError:  # nothing was written
            shown.append("")
        os.close(reader)
    assert shown == [TEXT, ""]


@pytest.mark.compiled
def test_a_kernel_that_is_loaded_is_called_with_no_thread_and_no_look(monkeypatch):
    X = np.random.default_rng(0).standard_normal((50, 2))
    fastgd.fit(X, X[:, 0], learning_rate=0.1, max_iter=2)

    def refuse(*arguments, **keywords):
        raise AssertionError("the default path must cost nothing")

    monkeypatch.setattr(_jit, "call_apart", refuse)
    monkeypatch.setattr(_jit.notice, "consider", refuse)
    fastgd.fit(X, X[:, 0], learning_rate=0.1, max_iter=2)
