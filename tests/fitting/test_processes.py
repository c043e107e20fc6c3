"""Processes and threads: forked, spawned, interrupted or killed, a fit gives the same bits.

A *scenario* is a function of this module that `apart` runs in a process of its own, where warnings
are errors; what it returns comes back as JSON.
"""

import _thread
import functools
import importlib.util
import json
import math
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
import venv
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import fastgd
from fastgd.base import threads
from fastgd.data.sources import Source
from fastgd.descent import driver as descent
from fastgd.descent.evaluation import Evaluation
from fastgd.descent.run import Run
from fastgd.fitting import fit as fitting
from fastgd.gradients.full_pass import FullPass
from fastgd.kernels.compiler import jit as _jit
from fastgd.planning.pilot import estimates

PACKAGE = Path(fastgd.__file__).parent
HERE = Path(__file__).parent
N, D = 60_000, 9  # enough for two threads
LONGEST = 100.0  # seconds for any scenario: what takes longer hangs
PATIENT = 270.0  # seconds for one that compiles again and again, beside whatever else is going on
FORKS = hasattr(os, "fork")
TIMERS = hasattr(signal, "setitimer")

pytestmark = pytest.mark.compiled


def log_cosh(z, y):
    return math.log(math.cosh(z - y)), math.tanh(z - y)


CASES = {
    "batch": {"variant": "batch", "learning_rate": 0.05, "max_iter": 4},
    "stochastic": {"variant": "stochastic", "learning_rate": 1e-3, "max_iter": 1},
    "minibatch": {
        "variant": "minibatch",
        "learning_rate": 0.01,
        "optimizer": "adam",
        "max_iter": 1,
    },
    "tuned": {"variant": "batch", "loss": "log_loss", "max_iter": 3, "tol": None},
}


@functools.cache
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, D))
    return X, X @ np.arange(1.0, D + 1) + rng.standard_normal(N)


def bits(result):
    return result.coef_.tobytes().hex() + float(result.intercept_).hex()


def fit_bits(case, dtype="float64", **changed):
    X, y = problem()
    y = y > 0 if case == "tuned" else y
    settings = {"random_state": 0, "n_threads": 2, **CASES[case], **changed}
    return bits(fastgd.fit(X.astype(dtype, copy=False), y, **settings))


def fit_all(**changed):
    return {case: fit_bits(case, **changed) for case in CASES}


def start(scenario, *arguments, longest=LONGEST, **environment):
    """Begin to run a scenario in a process of its own."""
    watched = f"import faulthandler; faulthandler.dump_traceback_later({0.95 * longest})"
    code = f"{watched}; import json, test_processes as t; a = t.{scenario.__name__}(*{arguments!r})"
    command = [sys.executable, "-W", "error"]
    # Of a fork while other threads run Python 3.12 warns: this is what is tried here.
    command += ["-W", "ignore:This process:DeprecationWarning"]
    places = [str(HERE), str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [*command, "-c", f"{code}; print(json.dumps(a), flush=True)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places), **environment},
        start_new_session=FORKS,
    )


def kill(process):
    """Kill it with its children, which hold the other ends of its pipes, too."""
    if FORKS:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def finish(process, longest=LONGEST):
    """Return what a scenario returned."""
    try:
        output, errors = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        kill(process)
        pytest.fail(f"It hangs: {process.communicate()}")
    assert (process.returncode, errors) == (0, "")
    return json.loads(output.splitlines()[-1])


def apart(scenario, *arguments, longest=LONGEST, **environment):
    return finish(start(scenario, *arguments, longest=longest, **environment), longest)


def wait_until(holds):
    """Threads and files may take a moment."""
    deadline = time.monotonic() + LONGEST / 2
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture(scope="module")
def quiet():
    """The bits of every case, from one thread of one new process."""
    return apart(fit_quietly)


def fit_quietly():
    return fit_all(n_threads=1)


# ------------------------------------------------------------------------------------------- forked


def forked(work, limit=LONGEST):
    """What *work* returns in a forked child; None where the child hangs or dies."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as pipe:
            json.dump(work(), pipe)
            pipe.flush()
            os._exit(0)
    os.close(writing)
    deadline = threading.Timer(limit, os.kill, (child, signal.SIGKILL))
    deadline.start()
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    deadline.cancel()
    deadline.join()
    return json.loads(answer) if answer else None


def fork_after_fits():
    before = fit_all()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pooled = dict(zip(CASES, pool.map(fit_bits, CASES), strict=True))
    return [before, forked(fit_all), pooled, forked(lambda: forked(fit_all)), fit_all()]


def fork_during_fits():
    """While another thread fits, with threads of its own."""
    fit_all()
    stop, answers = threading.Event(), []
    thread = threading.Thread(target=lambda: fit_endlessly(stop))
    thread.start()
    for _ in range(3):
        time.sleep(0.02)
        answers.append(forked(fit_all))
    stop.set()
    thread.join()
    return answers


def fit_endlessly(stop):
    while not stop.is_set():
        fit_bits("batch", max_iter=100, callback=lambda state: stop.is_set())


def fork_during_compiling():
    """The child needs what another thread holds while it compiles."""
    with _jit.record_compiling() as recorder:
        thread = threading.Thread(target=lambda: fit_bits("batch", loss=log_cosh))
        thread.start()
        while not recorder.buffer:
            time.sleep(0.001)
        child = forked(lambda: fit_bits("batch", loss=log_cosh))
    thread.join()
    return [child, fit_bits("batch", loss=log_cosh)]


def fork_during(lock, work):
    """Do *work* in a child that is forked while another thread holds *lock*."""
    held = threading.Event()

    def hold():
        with lock:
            held.set()
            time.sleep(0.2)

    threading.Thread(target=hold).start()
    held.wait()
    return forked(work, limit=LONGEST / 2)


def fork_during_numbas_locks():
    from llvmlite import binding
    from numba.core.compiler_lock import global_compiler_lock

    return [
        fork_during(global_compiler_lock, lambda: fit_bits("batch", loss=log_cosh)),
        fork_during(binding.ffi.lib._lock, lambda: fit_bits("batch", loss=log_cosh)),
        fit_bits("batch", loss=log_cosh),
    ]


def fork_in_a_callback():
    """The child goes on with the fit, without the threads that began it."""
    reading, writing = os.pipe()
    parent = os.getpid()
    found = fit_bits("batch", callback=lambda state: state.epoch == 2 and os.fork() and None)
    with os.fdopen(writing, "w") as pipe:
        if os.getpid() != parent:
            pipe.write(found)
            pipe.flush()
            os._exit(0)
    with os.fdopen(reading) as pipe:
        return [found, pipe.read()]


needs_fork = pytest.mark.skipif(not FORKS, reason="this system has no fork")


@needs_fork
@pytest.mark.parametrize("scenario", [fork_after_fits, fork_during_fits])
def test_a_forked_child_fits(quiet, scenario):
    answers = apart(scenario)
    assert answers == [quiet] * len(answers)


@needs_fork
def test_a_child_forked_while_another_thread_compiles_can_compile():
    child, parent = apart(fork_during_compiling)
    assert child == parent


@needs_fork
def test_a_child_forked_while_another_thread_holds_a_lock_of_numba_can_compile():
    *children, parent = apart(fork_during_numbas_locks)
    assert children == [parent] * 2


@needs_fork
def test_a_fit_goes_on_in_a_child_forked_by_its_callback(quiet):
    assert apart(fork_in_a_callback) == [quiet["batch"]] * 2


def fit_in_workers(method):
    before = fit_bits("batch")
    with multiprocessing.get_context(method).Pool(2) as pool:
        return [before, *pool.map(fit_bits, ["batch"] * 4)]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_fit(quiet, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system has no such workers")
    assert apart(fit_in_workers, method) == [quiet["batch"]] * 5


# ------------------------------------------------------------------------------------------- joblib


LOSSES = {
    "threading": ["squared_error", log_cosh],
    "multiprocessing": ["squared_error", log_cosh],
    # Its cloudpickle sends what pickle refuses.
    "loky": ["squared_error", fastgd.CustomLoss(log_cosh, 1.0), lambda z, y: (0.0 * z, z - y)],
}


def fit_with_joblib(backend):
    from joblib import Parallel, delayed

    X, y = problem()  # beyond 1 MB the workers of processes get it as a read-only memory map
    settings = {"learning_rate": 0.05, "max_iter": 3, "random_state": 0, "record_path": True}
    tasks = [{"loss": loss, **settings} for loss in LOSSES[backend]]
    far = Parallel(n_jobs=2, backend=backend)(
        delayed(fastgd.fit)(X, y, "batch", **task) for task in tasks
    )
    near = [fastgd.fit(X, y, "batch", **task) for task in tasks]
    return [[bits(r), r.path.tolist(), r.predict(X[:2]).tolist()] for r in far + near]


@pytest.mark.slow
@pytest.mark.parametrize("backend", LOSSES)
def test_joblib_fits(backend):
    if backend == "multiprocessing" and not FORKS:
        pytest.skip("this system has no fork")
    answers = apart(fit_with_joblib, backend)
    middle = len(answers) // 2
    assert answers[:middle] == answers[middle:]


@pytest.mark.parametrize("loss", ["huber", log_cosh])
def test_a_result_survives_pickling(loss):
    X, y = problem()
    result = fastgd.fit(X[:50], y[:50], "batch", loss=loss, learning_rate=0.01, max_iter=2)
    copied = pickle.loads(pickle.dumps(result))
    assert bits(copied) == bits(result) and repr(copied) == repr(result)
    assert copied.loss_ == result.loss_ and copied.recipe == result.recipe


# ----------------------------------------------------------------------- at once, from a cold cache


def fit_in_threads():
    """Two threads for each case, all of them at once."""
    barrier, found = threading.Barrier(2 * len(CASES)), []

    def work(case):
        barrier.wait()
        found.append([case, fit_bits(case)])

    threads = [threading.Thread(target=work, args=(case,)) for case in [*CASES, *CASES]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def test_eight_threads_fit_at_once(quiet, tmp_path):
    expected = sorted([case, found] for case, found in [*quiet.items()] * 2)
    for _ in ("from a cold cache", "from a warm one"):
        assert apart(fit_in_threads, NUMBA_CACHE_DIR=str(tmp_path)) == expected


def fit_each_type():
    """How many functions were compiled, and the bits."""
    with _jit.record_compiling() as recorder:
        found = [fit_bits("batch", dtype) for dtype in ("float32", "float64")]
    return [len(recorder.buffer), *found]


@pytest.mark.slow
def test_eight_processes_fit_at_once_from_a_cold_cache(quiet, tmp_path):
    """They write the same files, and others for the same functions."""
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    processes = [start(fit_bits, "batch", dtype, **cache) for dtype in ["float32", "float64"] * 4]
    found = [finish(process) for process in processes]
    assert found[1::2] == [quiet["batch"]] * 4
    assert found[0::2] == found[:1] * 4
    assert apart(fit_each_type, **cache) == [0, *found[:2]]
    assert not list(tmp_path.rglob("*.tmp"))


# ------------------------------------------------------------------------------------------- killed


@pytest.mark.parametrize("written", [1, 6])
def test_a_process_killed_while_it_compiles_leaves_a_usable_cache(quiet, tmp_path, written):
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    doomed = start(fit_bits, "batch", **cache)
    wait_until(lambda: sum(path.is_file() for path in tmp_path.rglob("*")) >= written)
    doomed.kill()
    doomed.communicate()
    assert apart(fit_bits, "batch", **cache) == quiet["batch"]


def fit_without_room():
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    return fit_bits("batch")


@pytest.mark.skipif(os.name == "nt", reason="no limit to set there")
def test_a_disk_without_room_for_the_cache_is_no_reason_to_fail(quiet, tmp_path):
    found = apart(fit_without_room, NUMBA_CACHE_DIR=str(tmp_path))
    assert found == quiet["batch"]
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


# ------------------------------------------------------------------------------------------- Ctrl-C

PROMISED = 0.5  # seconds from Ctrl-C to KeyboardInterrupt
DELAY = 0.02  # from the beginning of what is to be interrupted
BIG, BIG_D = 10_000_000, 4


@contextmanager
def ctrl_c(owner, name, due, delay=DELAY):
    """Ask to stop a moment after *owner*'s function *name* is called first."""
    function = getattr(owner, name)

    def called(*arguments, **keywords):
        if not due:
            due.append(time.perf_counter() + delay)
            signal.setitimer(signal.ITIMER_REAL, delay)
        return function(*arguments, **keywords)

    # A timer's signal comes at a time that is known; what it calls is what Ctrl-C calls.
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    setattr(owner, name, called)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        setattr(owner, name, function)
        signal.signal(signal.SIGALRM, before)


def seconds_to_stop(owner, name, work):
    """How long *work* goes on after Ctrl-C; the best of three, for the machine has others to do."""
    best = math.inf
    for _ in range(3):
        due = []
        with ctrl_c(owner, name, due):
            try:
                work()
            except KeyboardInterrupt:
                best = min(best, time.perf_counter() - due[0])
        wait_until(lambda: _thread._count() == 0)
        if best < PROMISED:
            break
    return best


def big_table(layout):
    rng = np.random.default_rng(0)
    if layout == "int32":
        return rng.integers(-3, 4, (BIG, BIG_D), dtype=np.int32)
    if layout == "F":
        return rng.standard_normal((BIG_D, BIG)).T
    return rng.standard_normal((BIG, BIG_D))


TEXTBOOK = {"learning_rate": 0.01}
TUNED = {"tol": None}
LASSO = {"alpha": 0.1, "l1_ratio": 1.0, "route": "direct", **TUNED}  # what a power iteration tunes
OBJECTIVE = {"learning_rate": 0.01, "record": ["objective", "grad_norm"]}
SOME = {"learning_rate": 0.01, "shuffle": np.zeros((1, 9), dtype=int)}
PHASES = {  # what is interrupted: owner, function, variant, settings
    "batch": (Run, "advance", "batch", TEXTBOOK),
    "stochastic": (Run, "advance", "stochastic", TEXTBOOK),
    "minibatch": (Run, "advance", "minibatch", TEXTBOOK),
    "batch, tuned": (Run, "advance", "batch", TUNED),
    "stochastic, tuned": (Run, "advance", "stochastic", TUNED),
    "minibatch, tuned": (Run, "advance", "minibatch", TUNED),
    "sample": (estimates, "find_optimum", "minibatch", TUNED),
    "pilot": (FullPass, "over_all", "batch", LASSO),
    "start": (descent, "start_losses", "stochastic", TEXTBOOK),
    "objective": (Evaluation, "evaluate", "minibatch", OBJECTIVE),
    "scan": (Source, "check_finite", "stochastic", SOME),
    "labels": (fitting, "make_source", "batch", {"loss": "log_loss", **TUNED}),
}
OF_LAYOUT = {
    "C": list(PHASES),
    "F": ["batch", "stochastic", "minibatch, tuned", "sample", "pilot", "objective", "scan"],
    "int32": ["batch", "stochastic, tuned", "minibatch", "objective"],
}


def interrupt_fits(layout):
    X = big_table(layout)
    y = X[:, 0] - 2.0 * X[:, 1]
    words = np.where(y > 0, "yes", "no")

    def seconds_of(owner, name, variant, settings):
        targets = words if "loss" in settings else y
        caps = {} if "shuffle" in settings else {"max_iter": 1000}
        settings = {"n_threads": 2, "random_state": 0, **caps, **settings}
        fastgd.fit(X[:100], targets[:100], variant, **settings)  # compiles
        return seconds_to_stop(owner, name, lambda: fastgd.fit(X, targets, variant, **settings))

    return [{phase: seconds_of(*PHASES[phase]) for phase in OF_LAYOUT[layout]}, fit_all()]


@pytest.mark.skipif(not TIMERS, reason="no signal can be timed there")
@pytest.mark.parametrize("layout", OF_LAYOUT)
def test_ctrl_c_ends_any_phase_of_a_fit_at_once(quiet, layout):
    seconds, afterwards = apart(interrupt_fits, layout)
    assert {phase: took for phase, took in seconds.items() if took >= PROMISED} == {}
    assert afterwards == quiet


def interrupt_compiling():
    """Again and again, until a fit comes through; with how much patience.

    The number of tries says how busy the machine is, so only a deadline ends them.
    """
    waits, deadline = [], time.monotonic() + 0.8 * PATIENT
    while time.monotonic() < deadline:
        due = []
        with ctrl_c(_jit, "call_apart", due, delay=0.2):
            try:
                return [waits, fit_bits("batch")]
            except KeyboardInterrupt:
                waits.append(time.perf_counter() - due[0])
    return None


@pytest.mark.skipif(not TIMERS, reason="no signal can be timed there")
def test_ctrl_c_while_compiling_costs_no_kernel(quiet, tmp_path):
    """Compiling goes on behind the scenes, so that no kernel is left half made."""
    waits, found = apart(interrupt_compiling, longest=PATIENT, NUMBA_CACHE_DIR=str(tmp_path))
    assert found == quiet["batch"]
    assert len(waits) > 0 and sorted(waits)[len(waits) // 2] < PROMISED


def interrupt_often():
    """At any moment: also between two lines of whatever hands out work."""
    stopped = 0
    for k in range(400):
        due = []
        with ctrl_c(Run, "advance", due, delay=0.001 + 1e-5 * k):
            try:
                fit_bits("batch", max_iter=10**6)
            except KeyboardInterrupt:
                stopped += 1
    wait_until(lambda: _thread._count() == 0)
    return [stopped, fit_all()]


@pytest.mark.skipif(not TIMERS, reason="no signal can be timed there")
def test_ctrl_c_at_any_moment_ends_a_fit_and_spoils_nothing(quiet):
    assert apart(interrupt_often) == [400, quiet]


# ------------------------------------------------------------------------ the end of an interpreter


def leave_a_fit_behind(daemon):
    """The main thread ends while another one fits."""
    fit_bits("batch")
    begun = threading.Event()

    def work():
        epochs = 10**6 if daemon else 300
        found = fit_bits("batch", max_iter=epochs, callback=lambda state: begun.set())
        sys.stdout.write(json.dumps(found) + "\n")

    threading.Thread(target=work, daemon=daemon).start()
    begun.wait()


def fit_long():
    return fit_bits("batch", max_iter=300)


def test_a_fit_goes_on_after_the_main_thread_has_ended():
    """Its own pool of threads is closed by then."""
    assert apart(leave_a_fit_behind, False) == apart(fit_long)


def test_a_daemon_thread_that_fits_does_not_keep_the_interpreter():
    assert apart(leave_a_fit_behind, True) is None


def leave_while_compiling():
    with ctrl_c(_jit, "call_apart", [], delay=0.2):
        try:
            fit_bits("batch")
        except KeyboardInterrupt:
            return "interrupted"


@pytest.mark.skipif(not TIMERS, reason="no signal can be timed there")
def test_an_interpreter_may_end_while_kernels_are_compiled(tmp_path):
    assert apart(leave_while_compiling, NUMBA_CACHE_DIR=str(tmp_path)) == "interrupted"


def exit_in_a_callback():
    return fit_bits("batch", callback=lambda state: sys.exit(3))


def test_a_callback_may_exit():
    process = start(exit_in_a_callback)
    assert process.communicate(timeout=LONGEST) == ("", "")
    assert process.returncode == 3


@pytest.mark.parametrize("accepted", [0, 1])
def test_where_no_more_threads_can_be_had_fewer_do_it_all(monkeypatch, accepted):
    expected, start_thread, started = fit_bits("batch"), threads.start_new_thread, []

    def refuse(function, arguments):
        if len(started) == accepted:
            raise RuntimeError("can't start new thread")
        started.append(function)
        return start_thread(function, arguments)

    monkeypatch.setattr(threads, "start_new_thread", refuse)
    assert fit_bits("batch") == expected
    assert started == [threads._work] * accepted


# --------------------------------------------------------------------------------- fits within fits


@pytest.mark.parametrize("inner", CASES)
def test_a_callback_may_fit(quiet, inner):
    found = []
    outer = fit_bits("batch", callback=lambda state: found.append(fit_bits(inner)))
    assert outer == quiet["batch"]
    assert found == [quiet[inner]] * CASES["batch"]["max_iter"]


@pytest.mark.parametrize("case", CASES)
def test_a_callback_that_fails_leaves_nothing_behind(quiet, case):
    def fail(state):
        raise LookupError("of the user's own")

    before = _thread._count()
    with pytest.raises(LookupError, match="own"):
        fit_bits(case, callback=fail)
    wait_until(lambda: _thread._count() == before)
    assert fit_bits(case) == quiet[case]


def test_two_fits_may_take_turns(quiet):
    """In two threads, epoch by epoch."""
    turns, found = [threading.Semaphore(1), threading.Semaphore(0)], {}

    def work(k, case):
        def pass_on(state):
            turns[1 - k].release()
            turns[k].acquire()

        turns[k].acquire()
        found[case] = fit_bits(case, callback=pass_on)
        turns[1 - k].release()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(["batch", "tuned"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
    assert found == {case: quiet[case] for case in ("batch", "tuned")}


# ----------------------------------------------------------------------------------------- upgraded

FIT_INSTALLED = """
    import numpy as np, fastgd
    X = np.arange(12.0).reshape(6, 2) % 5
    result = fastgd.fit(X, X[:, 0], "batch", learning_rate=0.01, max_iter=2)
    print(fastgd.__version__, fastgd.__file__, result.coef_.tolist(), sep="|")
"""


class Installed:
    """An environment of its own that borrows all but the package from this one."""

    def __init__(self, folder):
        self.folder = folder
        venv.create(folder / "venv", symlinks=os.name != "nt")
        paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
        schemed = functools.partial(sysconfig.get_path, scheme="venv", vars=paths)
        self.python = Path(schemed("scripts")) / Path(sys.executable).name
        self.site = Path(schemed("purelib"))
        borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (self.site / "borrowed.pth").write_text("\n".join(borrowed))

    def run(self, *arguments):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(self.folder / "cache")}
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            [str(self.python), *arguments], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wheel(self, version, old="", new=""):
        """A wheel of this package in another version, in which *old* is *new* in its losses."""
        source = self.folder / version
        shutil.copytree(PACKAGE, source / "src" / "fastgd", ignore=shutil.ignore_patterns("__py*"))
        shutil.copy(PACKAGE.parent / "_fastgd_command.py", source / "src")
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(HERE.parents[1] / name, source)
        edit(source / "pyproject.toml", 'version = "0.1.0"', f'version = "{version}"')
        edit(source / "src/fastgd/__init__.py", '"0.1.0"', f'"{version}"')
        edit(source / "src/fastgd/losses/squared_error.py", old, new)
        offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
        wheels = self.folder / "wheels"
        self.run("-m", "pip", "wheel", *offline, "--wheel-dir", str(wheels), str(source))
        return next(wheels.glob(f"fastgd-{version}-*"))

    def upgrade(self, wheel):
        """Install *wheel* in place of what is installed; return what a fit then gives."""
        offline = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
        self.run("-m", "pip", "install", *offline, "--upgrade", "--force-reinstall", str(wheel))
        version, file, coef = self.run("-c", textwrap.dedent(FIT_INSTALLED)).strip().split("|")
        assert Path(file).is_relative_to(self.site)
        return version, coef


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_upgraded_wheel_runs_its_own_maths(tmp_path):
    """Even though its files have the sizes and times of the old ones."""
    missing = [name for name in ("pip", "hatchling") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"a wheel cannot be made without {' and '.join(missing)}")
    place = Installed(tmp_path)
    first = place.wheel("0.8.1")
    second = place.wheel("0.8.2", "return 0.5 * r * r, r\n", "return r * r, 2.0 * r\n")
    answers = [place.upgrade(wheel) for wheel in (first, second, first)]
    assert [version for version, _ in answers] == ["0.8.1", "0.8.2", "0.8.1"]
    assert answers[0] == answers[2]
    assert answers[0][1] != answers[1][1]
