"""`fastgd compare`: what it races, shows and writes, and when it fails."""

import errno
import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
from test_cli import SMALL, refused, run

import fastgd
from fastgd.comparing.compare import Contest
from fastgd.comparing.runs import DEFAULT_RUNS

TINY = [*SMALL, "--repeats", "1", "--peers", "none"]


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def race(*arguments):
    """Run `fastgd compare`, which is to go well; return what it shows."""
    done = run("compare", *arguments)
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr or done.exception
    return done.stdout


@pytest.mark.compiled
def test_it_races_everything_by_default_and_writes_what_it_shows():
    shown = race(
        *SMALL, "--repeats", "1", "--report", "a.md", "--json", "a.json", "--plot", "a.png"
    )
    comparison = fastgd.Comparison.from_json("a.json")
    assert comparison.names[: len(DEFAULT_RUNS)] == [*DEFAULT_RUNS]
    assert "cholesky" in comparison.names
    assert str(comparison) in shown
    assert comparison.table() in Path("a.md").read_text(encoding="utf-8")
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.compiled
def test_quick_is_smaller_and_may_be_made_smaller_still():
    race("--quick", *SMALL, "--json", "a.json")
    facts = json.loads(Path("a.json").read_text(encoding="utf-8"))
    assert (facts["problem"]["rows"], facts["problem"]["features"]) == (300, 3)
    assert {len(entry["seconds"]) for entry in facts["entries"]} == {3}


def test_runs_peers_and_the_objective():
    shown = race(
        *SMALL, "--runs", "batch:gd:max_iter=5 batch:max_iter=4", "--peers", "lstsq,cholesky",
        "--repeats", "1", "--alpha", "0.1", "--wide",
    )  # fmt: skip
    runs = [line.split("|")[1].strip() for line in shown.splitlines() if line.startswith("| ")]
    assert runs[2:] == ["batch:gd:max_iter=5", "batch:max_iter=4", "lstsq", "cholesky"]
    assert "Huber(delta=2.0)" in race(
        *TINY, "--runs", "batch:max_iter=3", "--loss", "huber", "--loss-parameter", "2"
    )


def test_the_screen_is_80_columns_wide_and_the_wide_one_whole():
    long = "minibatch:adam:learning_rate=0.01:batch_size=64:average=true:max_iter=3"
    arguments = [*TINY, "--runs", f"batch minibatch minibatch:adam {long} stochastic:nesterov"]
    shown = race(*arguments)
    assert max(map(len, shown.splitlines())) <= 80
    names = [line.split()[0] for line in shown.splitlines()[5:11] if line.split()]
    assert names[:4] == ["batch", "minibatch", "minibatch:adam", "minibatch:adam"]
    for piece in long.split(":"):
        assert piece in shown
    assert "..." not in shown and "\u2026" not in shown
    assert "`fastgd compare --wide`" in shown
    table = race(*arguments, "--wide")
    for column in ("to 1e-2", "to stat", "GB/s", "of bandwidth", long):
        assert column in table


def test_a_file_is_raced_on_scaled_columns():
    X, y, _ = fastgd.datasets.make_regression(200, 3, random_state=0)
    np.save("table.npy", np.column_stack([X * [1, 1e4, 1e-4] + 7, y]))
    data = ["--data", "table.npy", "--target", "-1", "--peers", "none", "--repeats", "1"]
    race(*data, "--runs", "batch", "--require", "batch.passes_to_1e-2 <= 50")


def test_conditions_that_fail_are_tabled():
    short = "batch:learning_rate=0.1:max_iter=2"
    arguments = [*TINY, "--runs", f"batch {short}"]
    race(*arguments, "--require", f"batch.suboptimality <= {short}.suboptimality")
    done = run("compare", *arguments, "--require", f"{short}.passes_to_1e-8 <= 9")
    assert done.exit_code == 1
    assert f"| {short}.passes_to_1e-8 <= 9 | never reached |" in done.stdout
    assert done.stderr == (
        "fastgd: 1 of 1 conditions failed, and 0 figures are worse than the baseline's.\n"
    )


def test_a_baseline_is_held_against_the_run():
    arguments = [*TINY, "--runs", "batch:nesterov"]
    race(*arguments, "--json", "then.json")
    race(*arguments, "--against", "then.json", "--slower", "1000")
    facts = json.loads(Path("then.json").read_text(encoding="utf-8"))
    (entry,) = facts["entries"]
    entry["passes"] = [count / 2 for count in entry["passes"]]
    entry["seconds"] = [[0.0 * t + 1e-12 for t in row] for row in entry["seconds"]]
    Path("better.json").write_text(json.dumps(facts), encoding="utf-8")
    done = run("compare", *arguments, "--against", "better.json")
    assert done.exit_code == 1
    for figure in ("batch:nesterov.passes_to_1e-2", "batch:nesterov.bandwidth_share"):
        assert f"| {figure}" in done.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--features": "4"}, "must be about the same problem: features is 2 there and 4 here."),
        ({"--rows": "41"}, "must be about the same problem: rows is 40 there and 41 here."),
        ({"--alpha": "0.5"}, "must be about the same problem: alpha is 0.0 there and 0.5 here."),
        ({"--seed": "5"}, "must be about the same problem: its rows or targets are others"),
        ({"--runs": "batch:adam"}, "it has batch:nesterov, and this comparison batch:adam."),
    ],
)
def test_another_baseline_is_refused_before_the_race(change, said, monkeypatch):
    table = {"--rows": "40", "--features": "2", "--runs": "batch:nesterov", "--repeats": "1"}
    table["--peers"] = "none"
    race(*itertools.chain(*table.items()), "--json", "then.json")
    monkeypatch.setattr(Contest, "race", lambda *_: pytest.fail("it raced"))
    arguments = itertools.chain(*(table | change).items())
    message = refused(run("compare", *arguments, "--against", "then.json"))
    assert said in message and "Comparison(" not in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("batch:learning_rate=abc", 'learning_rate must be a positive number or "auto"; got \'abc'),
        ("batch:learning_rate=-1", 'learning_rate must be a positive number or "auto"; got -1.'),
        ("minibatch:batch_size=0", "batch_size must be an integer >= 1"),
        ("batch:max_iter=few", "max_iter must be an integer >= 1; got 'few'."),
        ("batch:n_threads=0", "n_threads must be an integer >= 1; got 0."),
        ("batch:scaling=much", "scaling must be one of"),
        ("minibatch:route=gram", 'route="gram" computes gradients of the squared error'),
    ],
)
def test_a_run_that_cannot_be_is_named_before_the_race(text, said, monkeypatch):
    monkeypatch.setattr(Contest, "race", lambda *_: pytest.fail("it raced"))
    message = refused(run("compare", *TINY, "--runs", f"batch {text}"))
    assert message.startswith(f"fastgd: the run {text!r}: {said}")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["compare", *TINY, "--runs", "batch:max_iter=1", "--json", "a.json"], "a.json"),
        (["compare", *TINY, "--runs", "batch:max_iter=1", "--report", "a.md"], "a.md"),
        (["fit", "--rows", "40", "--features", "2", "--out", "m.fastgd"], "m.fastgd"),
        (["predict", "old.fastgd", "--data", "t.npy", "--out", "p.csv"], "p.csv"),
        (["predict", "old.fastgd", "--data", "t.npy", "--out", "p.npy"], "p.npy"),
    ],
)
@pytest.mark.parametrize(
    ("code", "said"), [("ENOSPC", "no space left on device"), ("EROFS", "read-only file system")]
)
def test_a_full_disk_is_told_in_a_sentence(arguments, name, code, said, monkeypatch):
    X, y, _ = fastgd.datasets.make_regression(40, 2, random_state=0)
    np.save("t.npy", X)
    fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=1).save("old.fastgd")

    def fsync(handle):
        number = getattr(errno, code)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", fsync)
    failed = run(*arguments)
    assert failed.exit_code == 1
    assert failed.stderr == f"fastgd: {name} cannot be written: {said}.\n"


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--require", "batch.passes <= 1; x"], 2, "a condition must read"),
        (["--require", "bacth.passes <= 1"], 2, "Did you mean 'batch'"),
        (["--require", "batch.seconds <= 1"], 2, "seconds depend on the machine"),
        (["--runs", "batch:adma"], 2, "Did you mean 'adam'"),
        (["--peers", "lstq"], 2, "Did you mean 'lstsq'"),
        (["--against", "nowhere.json"], 2, "nowhere.json does not exist."),
        (["--against", "."], 2, ". is not a file."),
        (["--json", "no/where.json"], 2, "--json does not exist"),
        (["--json", "a.png", "--plot", "a.png"], 2, "must be different files"),
        (["--force"], 2, "--force is for --report, --json, --plot"),
        (["--rows", "0"], 2, "--rows must be at least 1"),
        (["--repeats", "0"], 2, "repeats must be"),
        (["--flights", "--rows", "10"], 2, "--rows is for generated data"),
    ],
)
def test_what_makes_no_sense_is_one_line(arguments, status, says):
    table = [] if "--flights" in arguments else TINY[:4]
    assert says in refused(run("compare", *table, *arguments), status)


def test_a_file_that_is_there_stays():
    Path("a.json").write_text("mine", encoding="utf-8")
    assert "--force" in refused(run("compare", *TINY, "--json", "a.json"))
    assert Path("a.json").read_text(encoding="utf-8") == "mine"
    assert "not a fastgd comparison" in refused(run("compare", *TINY, "--against", "a.json"))
