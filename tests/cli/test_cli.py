"""The command line: what it runs, what it says, and how it refuses."""

import functools
import inspect
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import fastgd
from fastgd import cli, datasets
from fastgd.base import memory
from fastgd.cli.compare import command
from fastgd.cli.fit.card import show_card
from fastgd.cli.json_output import write_json
from fastgd.cli.options import FIT_OPTIONS, MADE_OPTIONS
from fastgd.cli.origins import Made
from fastgd.cli.progress import Watch
from fastgd.cli.standardizing import standardize

SMALL = ["--rows", "300", "--features", "3"]
OLD_CLICK = "mix_stderr" in inspect.signature(CliRunner).parameters  # before 8.2
RUNNER = CliRunner(mix_stderr=False) if OLD_CLICK else CliRunner()
COMMAND = SimpleNamespace(name="fastgd", main=lambda args, prog_name: cli.main(args))
PYTHON_PATH = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def run(*arguments, **environment):
    return RUNNER.invoke(COMMAND, list(arguments), env=environment)


def fit(*arguments):
    """Run `fastgd fit`, which is to go well; return its card and its lines of Python."""
    done = run("fit", *arguments)
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr or done.exception
    card, _, code = done.stdout.partition("\n\nIn Python:\n\n")
    lines = card.replace("\n" + 15 * " ", " ").splitlines()
    return {line[:14].strip(): line[15:] for line in lines}, code


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "fastgd.cli", *arguments],
        env=os.environ | PYTHON_PATH | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run_python(code):
    """Run lines of Python in a process of their own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | PYTHON_PATH,
        capture_output=True,
        text=True,
        check=False,
    )


def refused(done, status=2):
    """Return the only line that was said."""
    assert (done.exit_code, done.stdout) == (status, "")
    assert done.stderr.startswith("fastgd: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


# ---- help and version


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_names_the_commands(arguments):
    done = run(*arguments)
    assert done.exit_code == 0
    assert "fit  " in done.stdout


def test_help_names_every_option_and_its_default():
    text = " ".join(run("fit", "--help").stdout.split())
    for function, rows in (
        (datasets.make_regression, MADE_OPTIONS),
        (fastgd.fit, FIT_OPTIONS),
    ):
        for flag, keyword, value, _ in rows:
            default = inspect.signature(function).parameters[keyword].default
            shown = "" if default is None else f"[default: {value.write(default)}]"
            assert f"{flag} {value.metavar} " in text
            assert shown in text


def test_version():
    assert run("--version").stdout == f"fastgd {fastgd.__version__}\n"


# ---- what runs


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--dtype", "float32", "--noise", "0.5", "--condition", "2"],
        ["--variant", "batch", "--optimizer", "adam", "--learning-rate", "0.1", "--max-iter", "5"],
        ["--variant", "stochastic", "--standardize", "--seed", "7", "--no-average"],
        ["--shuffle", "replacement", "--tol", "none", "--max-iter", "3", "--average"],
        ["--batch-size", "1e1", "--alpha", "0.1", "--l1-ratio", "0.5", "--threads", "1"],
        ["--loss", "log_loss"],
        ["--loss", "quantile", "--loss-parameter", "0.9"],
    ],
    ids=" ".join,
)
def test_lines_of_python_do_the_same(arguments):
    card, code = fit(*SMALL, *arguments)
    names = {}
    exec(code, names)
    result = names["result"]
    kind = "accuracy" if "log_loss" in arguments else "R^2"
    assert card[kind].split(" ")[0] == f"{result.score(names['X'], names['y']):.6g}"
    assert card["epochs"].startswith(f"{result.n_iter_} (")
    assert card["stopped"] == str(result.stop_reason)


def test_card_of_a_regression():
    card, code = fit(*SMALL, "--noise", "0.1")
    assert card["data"].startswith("300 rows x 3 features, float64, made in ")
    assert card["ran"] == "minibatch, gd, squared_error, 38 rows per step"
    assert "self-tuned" in card["learning rate"]
    assert "passes" in card["epochs"]
    assert "compile" in card["seconds"]
    assert "with the true coefficients" in card["R^2"]
    assert float(card["RMSE"]) == pytest.approx(0.1, rel=0.2)
    assert "n_samples=300" in code and "noise=0.1" in code


PATH = f"{'folder/' * 14}model.fastgd"


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        (("ran", "minibatch"), ["ran            minibatch"]),
        (("note", "word " * 13), ["note           " + "word " * 12 + "word"]),
        (("note", "word " * 14), ["note           " + "word " * 12 + "word", 15 * " " + "word"]),
        (("saved", PATH), [f"saved          {PATH}"]),
        (("mean log loss", "0.5"), ["mean log loss  0.5"]),
        (("note", "two\nlines"), ["note           two lines"]),
        (("stopped", ""), ["stopped"]),
    ],
)
def test_rows_of_the_card_fit_80_columns(row, lines, capsys):
    show_card([row], "code")
    assert capsys.readouterr().out.partition("\n\n")[0].split("\n") == lines


@pytest.mark.parametrize("columns", ["80", "60", "200"])
@pytest.mark.parametrize("options", [["--max-iter", "1"], ["--loss", "log_loss"], ["--alpha", "1"]])
def test_sentences_of_the_card_are_wrapped(options, columns):
    done = run("fit", *SMALL, *options, COLUMNS=columns)
    card = done.stdout.partition("\n\n")[0].splitlines()
    assert max(map(len, card)) <= min(80, int(columns))


def test_card_of_a_classification():
    card, code = fit(*SMALL, "--loss", "log_loss")
    result = {}
    exec(code, result)
    model, X, y = result["result"], result["X"], result["y"]
    likelihood = model.predict_proba(X)[np.arange(len(y)), y]
    assert float(card["mean log loss"]) == pytest.approx(-np.log(likelihood).mean(), rel=1e-5)


def test_options_reach_fit(monkeypatch):
    seen = []

    @functools.wraps(fastgd.fit)
    def spy(X, y, **keywords):
        seen.append((X.shape, keywords))
        return original(X, y, **keywords)

    original = fastgd.fit
    monkeypatch.setattr(fastgd, "fit", spy)
    options = {
        "variant": "minibatch",
        "loss": "huber",
        "optimizer": "momentum",
        "learning_rate": 0.01,
        "batch_size": 32,
        "max_iter": 2,
        "tol": 0.5,
        "alpha": 0.25,
        "l1_ratio": 0.125,
        "shuffle": False,
        "n_threads": 1,
        "time_limit": 60.0,
        "random_state": 3,
        "average": True,
    }
    flags = {keyword: flag for flag, keyword, *_ in FIT_OPTIONS} | {"random_state": "--seed"}
    words = [
        word
        for name, value in options.items()
        for word in ([flags[name], str(value).lower()] if name in flags else [f"--{name}"])
    ]
    fit(*SMALL, *words)
    (first, _), (second, keywords) = seen
    assert (first, second) == ((2, 3), (300, 3))
    assert keywords.pop("callback")
    assert keywords.pop("sample_weight") is None
    assert keywords == options


def made_flights():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 2)) * [1.0, 1e5] + [0.0, 1e5]
    return datasets.Flights(X, X @ [1.0, 1e-5], ("dep_delay", "distance"))


@pytest.mark.parametrize("flag", [[], ["--no-standardize"]])
def test_flights_are_standardized_unless_forbidden(monkeypatch, flag):
    monkeypatch.setattr(datasets, "load_flights", made_flights)
    card, code = fit("--flights", *flag)
    assert ("columns" in card) == ("X.std" in code) == (not flag)
    assert "with the true coefficients" not in card["R^2"]
    assert flag or float(card["R^2"]) > 0.99


@pytest.mark.compiled
def test_flights():
    pytest.importorskip("pandas")
    card, _ = fit("--flights")
    assert card["data"].startswith("327,346 rows x 49 features, float64, flights read in ")
    assert float(card["R^2"]) > 0.88


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (["--max-iter", "1"], "max_iter=1"),
        (["--batch-size", "500"], "batch_size=500"),
    ],
)
def test_warnings_become_notes(arguments, note):
    card, _ = fit(*SMALL, *arguments)
    assert note in card["note"]
    assert "Warning" not in card["note"]


@pytest.mark.parametrize("rate", ["100", "1e300"])
def test_divergence_shows_the_card_and_exits_with_status_1(rate):
    done = run("fit", *SMALL, "--learning-rate", rate)
    assert (done.exit_code, done.stderr) == (1, "fastgd: the fit diverged.\n")
    assert "note           minibatch gradient descent diverged" in done.stdout


# ---- on a terminal


def test_panel_and_progress_on_a_terminal():
    done = run("fit", *SMALL, FORCE_COLOR="1", TERM="xterm", COLUMNS="90")
    assert done.exit_code == 0
    assert "╭─ fastgd fit ─" in done.stdout
    assert "made in" in done.stdout
    assert "⠋" in done.stderr


def test_brackets_in_a_message_are_brackets(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    show_card([("note", "one of [bold] or [red]")], "")
    assert "one of [bold] or [red]" in capsys.readouterr().out


def test_long_compiling_is_shown():
    watch = Watch()
    watch.doing = "fitting"
    began, ended = SimpleNamespace(is_start=True), SimpleNamespace(is_start=False)
    now = time.time()
    seen = []
    for events in ([], [(now - 1, began)], [(now + 60, began)], [(now - 1, began), (now, ended)]):
        watch.events = events
        seen.append(watch.__rich__())
    assert seen == ["fitting", "fitting, compiling (once)", "fitting", "fitting"]


def test_epochs_are_shown():
    watch = Watch()
    X, y, _ = datasets.make_regression(100, 2, random_state=0)
    fastgd.fit(X, y, learning_rate=0.1, max_iter=3, callback=watch.epoch)
    assert watch.__rich__().startswith("epoch 3 of 3  loss ")
    fastgd.fit(X, y, random_state=0, callback=watch.epoch)
    assert re.match(r"epoch \d+ of 100  loss ", watch.__rich__())


def test_the_run_of_a_comparison_and_the_time_left_are_shown(monkeypatch):
    watch, clock = Watch(), [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    seen = []
    for turn, spent in enumerate([10.0, 20.0, 3.0, 0.0], start=1):
        watch.turn("minibatch:adam", turn, 12)
        clock[0] += spent
        seen.append(watch.__rich__())
    assert seen == [
        "minibatch:adam, run 1 of 12",
        "minibatch:adam, run 2 of 12, about 90 s left",  # 11 of 10 s, 20 s of them spent
        "minibatch:adam, run 3 of 12, about 147 s left",
        "minibatch:adam, run 4 of 12, about 99 s left",
    ]
    watch.doing = "computing the optimum"
    assert watch.__rich__() == "computing the optimum"


# ---- what is refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("fti", "fti"),
        ("--foo", "No such option"),
        ("fit --optimiser adam", "--optimizer"),
        ("fit extra", "extra"),
        ("fit --rows", "--rows"),
        ("fit --rows ten", "'ten' is not an integer."),
        ("fit --rows 2.5", "'2.5' is not an integer."),
        ("fit --rows inf", "'inf' is not an integer."),
        ("fit --rows 0", "--rows must be at least 1; got 0."),
        ("fit --rows 1 --standardize", "--rows must be at least 2; got 1."),
        ("fit --features 0", "--features must be at least 1; got 0."),
        ("fit --rows 1e12", "GB of memory"),
        ("fit --rows 1e5 --features 1e5 --dtype float32 --condition 2", "GB"),
        ("fit --noise -1", "--noise must be a finite number >= 0; got -1.0."),
        ("fit --variant minibach", "Did you mean 'minibatch'?"),
        ("fit --optimizer adm", "'adm' is not auto, gd, momentum,"),
        ("fit --optimizer adm", "Did you mean 'adam'?"),
        ("fit --loss squared_eror", "Did you mean 'squared_error'?"),
        ("fit --loss quantile --loss-parameter 2", "quantile must be a number in (0, 1); got 2.0."),
        ("fit --loss hinge --loss-parameter 2", "--loss-parameter is for --loss huber, quantile,"),
        ("fit --shuffle maybe", "'maybe' is not true, false or replacement."),
        ("fit --tol foo", "'foo' is not auto, none or a number."),
        ("fit --learning-rate -1", "--learning-rate must be a positive number"),
        ("fit --learning-rate nan", "--learning-rate must be a positive number"),
        ("fit --max-iter 0", "--max-iter must be an integer >= 1; got 0."),
        ("fit --l1-ratio 2", "--l1-ratio must be"),
        ("fit --time-limit 0", "--time-limit must be"),
        ("fit --seed -1", "--seed must be"),
        ("fit --flights --rows 5", "--rows is for generated data; leave it out with --flights."),
        ("fit --flights --loss log_loss", "two labels"),
    ],
)
def test_bad_arguments_get_one_line(arguments, said):
    assert said in refused(run(*arguments.split()))


def test_bad_values_are_refused_before_much_is_made(monkeypatch):
    sizes = []

    @functools.wraps(datasets.make_regression)
    def spy(**keywords):
        sizes.append(keywords["n_samples"])
        return original(**keywords)

    original = datasets.make_regression
    monkeypatch.setattr(datasets, "make_regression", spy)
    refused(run("fit", "--rows", "100", "--alpha", "-1"))
    assert sizes == [2]


def test_too_little_memory(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 1e6)
    assert "0.0 GB are available" in refused(run("fit", "--rows", "1e5", "--features", "2"))
    monkeypatch.setattr(memory, "available_memory", lambda: math.inf)

    def exhausted(self, opened):
        raise MemoryError("Unable to allocate 7 PiB")

    monkeypatch.setattr(Made, "load", exhausted)
    assert "Unable to allocate 7 PiB" in refused(run("fit", *SMALL), status=1)


def test_available_memory_is_the_least_of_what_the_system_says(monkeypatch, tmp_path):
    free, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    limits = ((free, r"MemAvailable:\s+(\d+) kB", 1024), (limit, r"(\d+)", 1))
    monkeypatch.setattr(memory, "MEMORY_LIMITS", limits)
    assert memory.available_memory() > 2**20
    free.write_text("MemTotal: 9 kB\nMemAvailable:   7 kB\n")
    limit.write_text("max\n")
    assert memory.available_memory() == 7 * 1024
    limit.write_text("5000\n")
    assert memory.available_memory() == 5000


def test_flights_without_their_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert "pip install pandas" in refused(run("fit", "--flights"), status=1)


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_command_without_its_extra(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; from fastgd.cli import main; main()"
    done = run_python(code)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "fastgd: the command needs click and rich: run `pip install click rich`.\n"
    )


# ---- as a process


def test_piped_it_is_plain_text():
    said, complaints = start("fit", *SMALL).communicate()
    assert complaints == b""
    assert said.isascii() and b"\x1b" not in said
    assert said.startswith(b"data           300 rows x 3 features, float64, made in ")


def test_bad_flag_exits_with_status_2():
    process = start("fit", "--optimizer", "adm")
    said, complaint = process.communicate()
    assert (process.returncode, said) == (2, b"")
    assert complaint.startswith(b"fastgd: ") and complaint.count(b"\n") == 1


def interrupt_while_it_compiles(cache):
    """Return the seconds from Ctrl-C to the end of the process."""
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm", "NUMBA_CACHE_DIR": str(cache)}
    with start("fit", *SMALL, **terminal) as process:
        shown = b""
        while b"compiling (once)" not in shown:
            shown += (more := process.stderr.read1())
            assert more, shown
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        status = process.wait()
        seconds = time.perf_counter() - sent
        assert process.stderr.read().endswith(b"fastgd: interrupted\n")
    assert status == 130
    return seconds


ONE_PROCESS = pytest.mark.skipif(
    sys.platform == "win32", reason="cannot send Ctrl-C to one process"
)
ENTRY = """
import sys, _fastgd_command
class Watcher:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "fastgd":  # the command begins to import it
            print(flush=True)
sys.meta_path.insert(0, Watcher)
_fastgd_command.main()
"""


@ONE_PROCESS
@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0])
def test_ctrl_c_at_any_moment_is_one_line(delay):
    """While Numba, click and the package are imported, too: the command's own first second."""
    process = subprocess.Popen(
        [sys.executable, "-c", ENTRY, "fit", "--rows", "3e6", "--learning-rate", "1e-9"],
        env=os.environ | PYTHON_PATH,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate()
    assert (process.returncode, said, complaint) == (130, b"", b"fastgd: interrupted\n")


@ONE_PROCESS
def test_the_entry_point_runs_the_command():
    run = functools.partial(subprocess.run, env=os.environ | PYTHON_PATH, capture_output=True)
    done = run([sys.executable, "-c", ENTRY, "--version"])
    assert (done.returncode, done.stdout.split()) == (0, [b"fastgd", b"0.1.0"])
    done = run([sys.executable, "-c", ENTRY, "fti"])
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


LONG_FITS = {  # that end long after the test
    "batch": ["--variant", "batch", "--max-iter", "1e6", "--learning-rate", "1e-6"],
    "minibatch": ["--max-iter", "1e6", "--learning-rate", "1e-6"],
    "stochastic": ["--variant", "stochastic", "--max-iter", "1e6", "--learning-rate", "1e-6"],
    "adam": ["--optimizer", "adam", "--max-iter", "1e6", "--learning-rate", "1e-6", "--average"],
    "standardized": ["--standardize", "--max-iter", "1e6", "--learning-rate", "1e-6"],
}


def interrupt_in(doing, *arguments, times=1):
    """Run `fastgd`, press Ctrl-C when it says that it is *doing* something; return what it said."""
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm"}
    with start(*arguments, **terminal) as process:
        shown = b""
        while not re.search(doing, shown):
            shown += (more := process.stderr.read1())
            assert more, shown
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        said, more = process.communicate()
    return process.returncode, said, (shown + more).decode().rpartition("fastgd: ")[2]


@pytest.mark.compiled
@ONE_PROCESS
@pytest.mark.parametrize("case", LONG_FITS)
def test_ctrl_c_saves_the_epochs_that_are_complete(case, tmp_path):
    out = tmp_path / "m.fastgd"
    arguments = ["fit", "--rows", "2e5", "--features", "5", *LONG_FITS[case], "--out", str(out)]
    status, said, last = interrupt_in(rb"epoch [3-9]", *arguments)
    result = fastgd.load(out)
    assert (status, said) == (130, b"")
    assert last == f"interrupted; the model after {result.n_iter_} epochs is in {out}\n"
    assert result.stop_reason is fastgd.StopReason.INTERRUPTED
    assert 3 <= result.n_iter_ < 1e6
    assert (result.notes["standardized"], result.converged) == (case == "standardized", None)
    X, y, _ = datasets.make_regression(200_000, 5, random_state=0)
    objective = 0.5 * np.mean((X @ result.coef_ + result.intercept_ - y) ** 2)
    assert result.objective == pytest.approx(objective, rel=1e-9)
    assert objective < 0.5 * np.mean(y**2)  # that of the start
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.compiled
@ONE_PROCESS
def test_ctrl_c_before_an_epoch_is_complete_saves_nothing(tmp_path):
    out = tmp_path / "m.fastgd"
    arguments = ["fit", "--rows", "3e6", "--features", "30", "--out", str(out)]
    slow = ["--variant", "stochastic", "--optimizer", "adam", "--learning-rate", "1e-6"]
    status, said, last = interrupt_in(rb"fitting", *arguments, *slow)
    assert (status, said) == (130, b"")
    assert last == "interrupted; no epoch was complete, and nothing was saved\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.compiled
@ONE_PROCESS
def test_ctrl_c_ends_it_within_half_a_second(tmp_path):
    # A busy machine may need another try.
    tries = (interrupt_while_it_compiles(tmp_path / name) for name in "abc")
    assert any(seconds < 0.5 for seconds in tries)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null_in_json(number):
    facts = {"a": number, "b": [1.5, number, [number]], "c": {"d": number, "e": "NaN"}}
    read = json.loads(write_json(facts), parse_constant=pytest.fail)
    assert read == {"a": None, "b": [1.5, None, [None]], "c": {"d": None, "e": "NaN"}}


@pytest.mark.parametrize("options", [[], ["--json"], ["--force"]])
def test_a_fit_that_diverged_is_not_saved(options, tmp_path):
    out = tmp_path / "model.fastgd"
    if options == ["--force"]:
        out.write_bytes(b"old")
    typed = ["fit", "--rows", "50", "--features", "2", "--learning-rate", "1e9", "--max-iter", "50"]
    done = run(*typed, "--out", str(out), *options)
    assert done.exit_code == 1
    assert f"the fit diverged, and nothing was written to {out}" in done.stderr
    assert (out.read_bytes() if out.exists() else b"old") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [out.name] * (options == ["--force"])


@pytest.mark.parametrize(
    ("typed", "keyword", "meant"),
    [
        (["--repeats", "7"], "repeats", 7),
        (["--time-limit", "2.5"], "time_limit", 2.5),
        (["--runs", "batch stochastic"], "runs", ["batch", "stochastic"]),
        (["--repeats", "3"], "repeats", 3),
        ([], "time_limit", 0.5),
    ],
)
def test_quick_is_a_default_that_what_is_typed_overrides(typed, keyword, meant, monkeypatch):
    asked = []
    monkeypatch.setattr(command, "run_comparison", asked.append)
    done = run("compare", "--quick", *typed)
    assert done.exit_code == 0, done.output
    (race,) = asked
    assert race.keywords[keyword] == meant


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("value", [0.1, -1e6 / 3, 1e-30, 0.0])
def test_a_constant_column_is_scaled_to_zeros(value, dtype):
    """Whose mean is rounded, so that what is left of it is not nothing."""
    table = np.column_stack([np.arange(1001.0), np.full(1001, value)]).astype(dtype)
    scaled, found = standardize(table.copy())
    assert not scaled[:, 1].any()
    assert found.has_constant and np.isinf(found.scale[1])
    np.testing.assert_allclose(scaled[:, 0].std(), 1.0, rtol=1e-5)
