"""Model files: what comes back is what was saved, to the bit; what is no model is refused in words;
a file is whole or not there at all.
"""

import contextlib
import dataclasses
import datetime
import errno
import io
import itertools
import json
import math
import os
import pickle
import random
import signal
import stat
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastgd
from fastgd.descent.recording import COLUMNS
from fastgd.losses import LOSSES
from fastgd.optimizers import OPTIMIZERS
from fastgd.saving import archive, facts
from fastgd.saving import fields as saving
from fastgd.schedules import SCHEDULES

VARIANTS = ["batch", "stochastic", "minibatch"]
N, D = 40, 3
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, D))
REAL = X @ np.array([1.0, -2.0, 0.5]) + 0.3 + 0.1 * RNG.standard_normal(N)
POSITIVE = REAL > 0
MEGABYTE = 1 << 20


def target_of(loss):
    if loss().score == "D^2":
        return np.exp(REAL)
    return np.where(POSITIVE, "yes", "no") if loss.target == "binary" else REAL


def fit(variant="minibatch", X=X, y=None, loss="squared_error", **settings):
    y = target_of(LOSSES[loss]) if y is None else y
    settings = {"learning_rate": 0.01, "max_iter": 3, "random_state": 0, **settings}
    return fastgd.fit(X, y, variant, loss=loss, **settings)


def small_model(**changes):
    return dataclasses.replace(fit("batch"), **changes)


def are_same(a, b):
    """Return True if two values have the same types and bits, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        if a.dtype == object:
            return are_same(a.tolist(), b.tolist())
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, np.generic):
        return (a.dtype, a.tobytes()) == (b.dtype, b.tobytes())
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, dict):
        return [*a] == [*b] and are_same([*a.values()], [*b.values()])
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(itertools.starmap(are_same, zip(a, b, strict=True)))
    if dataclasses.is_dataclass(a):
        return are_same(fields_of(a), fields_of(b))
    return a == b


def fields_of(row):
    return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}


def check_round_trip(model, folder):
    """Save, load, compare everything, save again; return the loaded model."""
    first, second = folder / "first.fastgd", folder / "second.fastgd"
    assert model.save(first) is None
    loaded = fastgd.load(first)
    for name, value in fields_of(model).items():
        assert are_same(value, getattr(loaded, name)), name
    assert repr(loaded) == repr(model)
    assert loaded.summary() == model.summary()
    loaded.save(second)
    assert first.read_bytes() == second.read_bytes()
    return loaded


def check_replay(model, loaded, X, y):
    replayed = fastgd.fit(X, y, **loaded.recipe)
    assert are_same(replayed.coef_, model.coef_)
    assert are_same(replayed.intercept_, model.intercept_)


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize(("place", "loss"), list(enumerate(LOSSES)))
def test_a_model_of_every_loss_comes_back(place, loss, tmp_path):
    variant, dtype = VARIANTS[place % 3], (np.float64, np.float32)[place % 2]
    table, y = X.astype(dtype), target_of(LOSSES[loss])
    model = fit(variant, table, loss=loss, record_path=True)
    assert model.coef_.dtype == dtype
    loaded = check_round_trip(model, tmp_path)
    assert are_same(loaded.predict(table), model.predict(table))
    assert are_same(loaded.score(table, y), model.score(table, y))
    if model.loss_.probability:
        assert are_same(loaded.predict_proba(table), model.predict_proba(table))
    check_replay(model, loaded, table, y)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_self_tuned_model_comes_back(variant, dtype, tmp_path):
    table = X.astype(dtype)
    model = fastgd.fit(table, REAL, variant, random_state=0, record=["objective"], record_path=7)
    loaded = check_round_trip(model, tmp_path)
    check_replay(model, loaded, table, REAL)


LABELS = {
    "texts": np.where(POSITIVE, "é", "no"),
    "wide texts": np.where(POSITIVE, "x" * 50, "").astype(">U60"),
    "ints": np.where(POSITIVE, 2**60, -1),
    "small ints": POSITIVE.astype(np.uint8),
    "bools": POSITIVE,
    "floats": np.where(POSITIVE, 0.1, -0.0),
    "float32": np.where(POSITIVE, 0.1, 3).astype(np.float32),
    "text objects": np.where(POSITIVE, "tail\0", "\ud800").astype(object),
    "int objects": np.array([10**30 * p for p in POSITIVE.tolist()], dtype=object),
    "bytes": np.where(POSITIVE, b"yes", b"no"),
    "bytes that end in NUL": np.array([b"a\0" if p else b"a" for p in POSITIVE], dtype=object),
    "days": np.where(POSITIVE, np.datetime64("2020-01-01"), np.datetime64("2021-01-01")),
    "times": np.where(POSITIVE, np.datetime64(1, "ns"), np.datetime64(2, "ns")),
    "durations": np.where(POSITIVE, np.timedelta64(1, "h"), np.timedelta64(2, "h")),
    "times of pandas": pd.Series(pd.to_datetime(np.where(POSITIVE, "2020-01-01", "2021-01-01"))),
    "dates of Python": np.array(
        [datetime.date(2020, 1, 1 + int(p)) for p in POSITIVE], dtype=object
    ),
    "times of Python": np.array(
        [datetime.datetime(2020, 1, 1, int(p), tzinfo=datetime.UTC) for p in POSITIVE], dtype=object
    ),
    "mixed objects": np.array([1.5 if p else True for p in POSITIVE], dtype=object),
}


@pytest.mark.parametrize("y", LABELS.values(), ids=LABELS)
def test_labels_come_back(y, tmp_path):
    model = fit("batch", y=y, loss="log_loss")
    loaded = check_round_trip(model, tmp_path)
    assert are_same(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("names", [["a", "b", "c"], ["", "\0", "naïve 😀"]])
def test_names_of_columns_come_back(names, tmp_path):
    frame = pd.DataFrame(X, columns=names)
    loaded = check_round_trip(fit("batch", frame), tmp_path)
    assert loaded.feature_names_in_.tolist() == names
    with pytest.raises(ValueError, match="columns"):
        loaded.predict(frame[names[::-1]])


WEIGHTS = RNG.uniform(0.5, 2.0, N)
VISITS = np.asfortranarray(RNG.integers(0, N, (3, 17)).astype(np.uint16))
SETTINGS = {
    "weights": {"sample_weight": WEIGHTS},
    "weights of ints": {"sample_weight": np.arange(1, N + 1)},
    "weights of the other byte order": {"sample_weight": WEIGHTS.astype(">f4")},
    "weights of many bits": {"sample_weight": WEIGHTS.astype(np.longdouble)},
    "weights in a list": {"sample_weight": WEIGHTS.tolist()},
    "weights in a series": {"sample_weight": pd.Series(WEIGHTS)},
    "weights as objects": {"sample_weight": WEIGHTS.astype(object)},
    "a start": {"coef_init": [1.0, 0.1, 3], "intercept_init": np.float32(0.1)},
    "a start in arrays": {"coef_init": np.ones(D), "intercept_init": np.array(0.1)},
    "rows as they lie": {"shuffle": False},
    "replacement": {"shuffle": "replacement"},
    "visits": {"shuffle": VISITS},
    "a penalty": {"alpha": np.float32(0.1), "l1_ratio": 0.3},
    "a fraction": {"alpha": Fraction(1, 3), "l1_ratio": np.longdouble(0.1)},
    "an average": {"average": np.True_, "fit_intercept": False},
    "a long seed": {"random_state": 10**40},
    "a generator": {"random_state": np.random.default_rng(5)},
    "no seed": {"random_state": None},
    "a word of NumPy": {"variant": np.str_("minibatch")},
    "a rate of NumPy": {"learning_rate": fastgd.Constant(np.float32(0.01))},
    "a parameter of NumPy": {"loss": fastgd.Huber(np.float64(0.5))},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_recipe_comes_back(settings, tmp_path):
    max_iter = None if "shuffle" in settings else 3
    settings = {"learning_rate": 0.01, "max_iter": max_iter, "random_state": 0, **settings}
    model = fastgd.fit(X, REAL, **settings)
    path = tmp_path / "model.fastgd"
    model.save(path)
    loaded = fastgd.load(path)
    check_replay(model, loaded, X, REAL)
    assert [*loaded.recipe] == [*model.recipe]
    check_round_trip(loaded, tmp_path)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_comes_back(schedule, tmp_path):
    model = fit(learning_rate=schedule(), alpha=0.1)
    check_replay(model, check_round_trip(model, tmp_path), X, REAL)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_an_optimizer_comes_back(optimizer, tmp_path):
    check_round_trip(small_model(optimizer_=optimizer()), tmp_path)


def test_a_diverged_model_comes_back(tmp_path):
    with pytest.warns(fastgd.DivergenceWarning):
        model = fit("batch", learning_rate=1e6, max_iter=200)
    loaded = check_round_trip(model, tmp_path)
    assert loaded.stop_reason is fastgd.StopReason.DIVERGED


@pytest.mark.parametrize("reason", fastgd.StopReason)
def test_every_reason_comes_back(reason, tmp_path):
    assert check_round_trip(small_model(stop_reason=reason), tmp_path).stop_reason is reason


def test_a_loaded_model_can_be_changed(tmp_path):
    loaded = check_round_trip(small_model(), tmp_path)
    loaded.coef_[0] = 1.0
    loaded.notes["more"] = 1


def test_every_field_of_a_result_is_checked():
    assert {field.name for field in dataclasses.fields(fastgd.FitResult)} == saving.FIELDS.keys()


NUMBERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.floats(width=32).map(np.float32),
    st.integers(0, 2**64 - 1).map(np.uint64),
    st.text(st.characters(codec=None, exclude_categories=())),
)
NOTES = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.text(), inner)
    ),
    max_leaves=20,
)


@given(NOTES)
def test_notes_come_back(value):
    written = json.dumps(facts.encode(value, "notes"), allow_nan=False)
    assert are_same(facts.decode(json.loads(written)), value)


FLOATS = [0.0, -0.0, 5e-324, 0.1, 1.7976931348623157e308, math.inf, -math.inf, math.nan, -math.nan]


def test_floats_come_back_to_the_last_bit(tmp_path):
    payload = struct.unpack("d", struct.pack("Q", 0xFFF8_0000_0000_1234))[0]
    model = small_model(notes={"floats": [*FLOATS, payload]}, objective=-math.nan, intercept_=-0.0)
    check_round_trip(model, tmp_path)


# ---------------------------------------------------------------- what is refused


def half_square(z, y):
    return 0.5 * (z - y) ** 2, z - y


class OwnSchedule(fastgd.schedules.Schedule):
    def __call__(self, t):
        return np.full(len(t), 0.01)


def circle():
    notes = {}
    notes["self"] = notes
    return notes


def nested(depth):
    notes = {}
    for _ in range(depth):
        notes = {"in": notes}
    return notes


def tuples(*items):
    array = np.empty(len(items), dtype=object)
    array[:] = [(*item,) for item in items]
    return array


UNSAVABLE = {
    "own loss": ({"loss_": fastgd.CustomLoss(half_square)}, r"loss_ .*own.*\(half_square\).*savez"),
    "own rate": ({"learning_rate_": OwnSchedule()}, "learning_rate_ .*own.*savez"),
    "own rate in the recipe": ({"recipe": {"learning_rate": math.sqrt}}, "recipe.learning_rate .*"),
    "thing in the recipe": ({"recipe": {"alpha": datetime}}, r"recipe.alpha .*\(module\)"),
    "tuples": ({"classes_": tuples("ab", "ba")}, r"classes_ .*\(tuple\)"),
    "fractions": ({"classes_": np.array([Fraction(1, 2), 1], object)}, r"classes_ .*\(Fraction\)"),
    "names of one column": ({"column_names_": (1,)}, "column_names_ has 1 names for 3"),
    "names in a list": ({"column_names_": [1, 2, 3]}, "column_names_ of a model must be a tuple"),
    "complex": ({"classes_": np.array([1j, 2j])}, r"classes_ .*complex"),
    "note of another type": ({"notes": {"when": datetime.date(2020, 1, 1)}}, r"notes.when .*date"),
    "note with a set": ({"notes": {"a": [1, {2}]}}, r"notes.a.1 .*\(set\)"),
    "note with an array": ({"notes": {"a": np.ones(2)}}, r"notes.a .*\(array of float64\)"),
    "note with other keys": ({"notes": {"a": {1: 2}}}, r"notes.a .*\(dict\).*string keys"),
    "note of many bits": ({"notes": {"a": np.longdouble(1) / 3}}, r"notes.a .*longdouble"),
    "note of many digits": ({"notes": {"a": 10**5000}}, "notes.a .*bits"),
    "note in a circle": ({"notes": circle()}, "notes .*deep"),
    "deep note": ({"notes": nested(40)}, "notes .*deep"),
    "long note": ({"notes": {"a": "x" * MEGABYTE}}, "bytes of JSON"),
    "own history": ({"history": [1]}, "history .*one length"),
    "table of objects": ({"recipe": {"a": np.array([["x"], [{}]], object)}}, "recipe.a .*object"),
    "odd keyword": ({"recipe": {"../a": np.ones(2)}}, "impossible name"),
    "notes that are no dict": ({"notes": [1]}, "notes of a model must be a dict"),
    "labels of a regression": ({"classes_": np.array([0, 1])}, "classes_ must be there"),
    "names too few": ({"feature_names_in_": np.array(["a"], object)}, "1 names for 3"),
    "a path without steps": ({"path": np.ones((2, D))}, "path_steps"),
    "a matrix": ({"coef_": np.ones((2, 2))}, "coef_ of a model must be a vector"),
    "uneven history": ({"history": {"a": np.ones(1), "b": np.ones(2)}}, "history .*one length"),
    "another history": ({"history": {"a": np.ones(1)}}, "history .*columns"),
}
if np.longdouble is np.float64 or np.dtype(np.longdouble).itemsize == 8:
    del UNSAVABLE["note of many bits"]  # there it is a float64


@pytest.mark.parametrize(("changes", "words"), UNSAVABLE.values(), ids=UNSAVABLE)
def test_what_cannot_be_written_is_refused_in_a_sentence(changes, words, tmp_path):
    if "classes_" in changes and "must" not in words:
        changes = {**changes, "loss_": fastgd.LogLoss()}
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        small_model(**changes).save(tmp_path / "model.fastgd")
    assert str(caught.value).count("\n") == 0 and str(caught.value).endswith(".")
    assert [*tmp_path.iterdir()] == []


def test_a_fit_with_functions_of_your_own_is_refused(tmp_path):
    for settings in ({"loss": half_square}, {"learning_rate": lambda t: 0.01 / t}):
        model = fastgd.fit(X, REAL, "batch", **{"learning_rate": 0.1, "max_iter": 2, **settings})
        with pytest.raises(TypeError, match="code of your own"):
            model.save(tmp_path / "model.fastgd")


# ---------------------------------------------------------------- where it is written


def test_a_path_may_be_a_string_or_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = small_model()
    for path in ("a.fastgd", Path("b.fastgd"), tmp_path / "no suffix"):
        model.save(path)
        assert are_same(fastgd.load(path).coef_, model.coef_)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("nowhere/model.fastgd", FileNotFoundError),
        (".", IsADirectoryError),
        ("file/model.fastgd", (NotADirectoryError, FileNotFoundError)),
    ],
)
def test_an_impossible_place_is_named(place, error, tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    path = tmp_path / place
    with pytest.raises(error) as caught:
        small_model().save(path)
    assert str(caught.value).endswith(repr(str(path)))
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        fastgd.load(tmp_path / "absent.fastgd")


@pytest.mark.skipif(os.name != "posix", reason="paths are short there")
def test_a_file_with_a_long_name_is_written(tmp_path):
    small_model().save(tmp_path / ("x" * 250))


@pytest.mark.skipif(os.name != "posix", reason="needs permissions of Unix")
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_permissions_are_those_of_any_new_file(mask, tmp_path):
    before = os.umask(mask)
    try:
        small_model().save(tmp_path / "model.fastgd")
        (tmp_path / "other").write_bytes(b"")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o666 & ~mask}


@pytest.mark.skipif(os.name != "posix", reason="needs permissions of Unix")
def test_permissions_of_a_file_are_kept(tmp_path):
    path = tmp_path / "model.fastgd"
    path.write_bytes(b"old")
    path.chmod(0o640)
    small_model().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_may_not_be_written_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "model.fastgd"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # what root is not told
    with pytest.raises(PermissionError, match=path.name):
        small_model().save(path)
    assert path.read_bytes() == b"old"
    path.chmod(0o644)


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes of Unix")
def test_links_are_followed_and_devices_left_alone(tmp_path):
    link, target, pipe = (tmp_path / name for name in ("link", "target", "pipe"))
    link.symlink_to(target)
    small_model().save(link)
    assert link.is_symlink() and fastgd.load(target).t_ == 3
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="Not a regular file"):
        small_model().save(pipe)
    assert pipe.is_fifo()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("old", [b"old", None])
def test_a_write_that_fails_leaves_what_was_there(error, old, tmp_path, monkeypatch):
    path = tmp_path / "model.fastgd"
    if old:
        path.write_bytes(old)
    model = small_model()

    def fail(handle):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)) as caught:
        model.save(path)
    assert not isinstance(error, OSError) or str(path) in str(caught.value)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == (
        {path.name: old} if old else {}
    )


KILLED = """
import dataclasses, os, random, signal, sys, time
import numpy as np
import fastgd

path, rng = sys.argv[1], random.Random(0)
result = fastgd.fit([[0.0], [1.0]], [1.0, 3.0], "batch", learning_rate=0.1, max_iter=2)
states = [np.full(50_000, float(k)) for k in range(2)]
models = [dataclasses.replace(result, coef_=coef, notes={"k": k}) for k, coef in enumerate(states)]
models[0].save(path)
for _ in range(25):
    child = os.fork()
    if not child:
        while True:
            models[1].save(path)
            models[0].save(path)
    time.sleep(rng.uniform(0.0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    loaded = fastgd.load(path)
    assert (loaded.coef_ == states[loaded.notes["k"]]).all()
    print(loaded.notes["k"])
"""


@pytest.mark.compiled
@pytest.mark.skipif(
    not hasattr(signal, "SIGKILL") or not hasattr(os, "fork"), reason="needs SIGKILL and fork"
)
def test_a_process_that_is_killed_leaves_the_old_file_or_the_new(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "model.fastgd")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.split()) == 25


# ---------------------------------------------------------------- what other tools see


def test_the_file_is_a_zip_of_json_and_arrays(tmp_path):
    path, model = tmp_path / "model.fastgd", small_model()
    model.save(path)
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert {member.compress_type for member in file.infolist()} == {zipfile.ZIP_STORED}
        assert json.loads(file.read("model.json"))["facts"]["t_"] == model.t_
    with np.load(path) as members:
        assert are_same(members["coef_"], model.coef_)
        assert are_same(members["history.loss"], model.history["loss"])


def test_large_arrays_are_held_once(tmp_path):
    path = tmp_path / "model.fastgd"
    coef = np.ones(4 * MEGABYTE)
    small_model(coef_=coef).save(path)
    loaded, peak = measure(lambda: fastgd.load(path))
    assert are_same(loaded.coef_, coef)
    assert peak < coef.nbytes + 4 * MEGABYTE


def measure(action):
    """Return what *action* returns and the bytes that it took at the highest."""
    tracemalloc.start()
    try:
        return action(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# ---------------------------------------------------------------- what is no model


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The bytes of a model with something of everything."""
    path = tmp_path_factory.mktemp("saving") / "model.fastgd"
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = fastgd.fit(
        frame,
        POSITIVE.astype(object),
        "batch",
        loss="log_loss",
        learning_rate=fastgd.InverseScaling(0.1),
        max_iter=2,
        sample_weight=np.ones(N, np.float32),
        record_path=True,
    )
    dataclasses.replace(model, notes={"a": [1, (math.nan, np.float32(2))]}).save(path)
    return path.read_bytes()


def refusal(path):
    """Return the sentence with which a file is refused; None if it is not."""
    try:
        fastgd.load(path)
    except ValueError as error:
        sentence = str(error)
        start = f"{path} is not a readable fastgd model: "
        assert sentence.startswith(start) and sentence.endswith(".")
        assert "\n" not in sentence
        return sentence
    return None


def mutate(data, rng):
    """Return *data* with something wrong."""
    data, n = bytearray(data), len(data)
    a, b = sorted(rng.randrange(n) for _ in range(2))
    size = rng.choice([1, 4, 8, 100])
    kind = rng.randrange(8)
    if kind == 0:
        data[a] ^= 1 << rng.randrange(8)
    elif kind == 1:
        for _ in range(rng.randrange(2, 20)):
            data[rng.randrange(n)] = rng.randrange(256)
    elif kind == 2:
        del data[a:]
    elif kind == 3:
        del data[a : a + size]
    elif kind == 4:
        data[a:a] = rng.randbytes(size)
    elif kind == 5:
        data[a : a + size] = rng.choice([b"\0", b"\xff", b"\x7f"]) * len(data[a : a + size])
    elif kind == 6:
        data[a:a] = data[b : b + size]
    else:
        middle = rng.randrange(a, b + 1)  # two neighbours change places
        data[a:b] = data[middle:b] + data[a:middle]
    return bytes(data)


def overwrite(file, data):
    """Give an open file another content; opening it anew each time would wait for the disk."""
    file.seek(0)
    file.write(data)
    file.truncate()
    file.flush()


def check_damaged(good, damaged_files, path):
    """Load damaged files; each must be refused, or be the model still, as if nothing had been."""
    path.write_bytes(good)
    model, refused, count = fastgd.load(path), 0, 0
    with path.open("wb") as file:
        for damaged in damaged_files:
            overwrite(file, damaged)
            count += 1
            if refusal(path):
                refused += 1
            else:
                assert are_same(fields_of(fastgd.load(path)), fields_of(model)), count
    return refused / count


def mutations(good, count):
    rng = random.Random(count)
    return (mutate(good, rng) for _ in range(count))


@pytest.mark.compiled
def test_ten_thousand_damaged_files_are_refused_or_whole(good, tmp_path):
    assert check_damaged(good, mutations(good, 10_000), tmp_path / "model.fastgd") > 0.95


def test_a_damaged_file_takes_little_memory(good, tmp_path):
    path = tmp_path / "model.fastgd"
    _, peak = measure(lambda: check_damaged(good, mutations(good, 500), path))
    assert peak < 5 * MEGABYTE


@pytest.mark.compiled
def test_no_byte_of_a_member_may_change(good, tmp_path):
    """Other bytes are dates and attributes, which nobody reads."""
    flipped = (
        good[:place] + bytes([good[place] ^ 0x20]) + good[place + 1 :]
        for place in range(0, len(good), 7)
    )
    assert check_damaged(good, flipped, tmp_path / "model.fastgd") > 0.8


def members_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(members):
    """Return a zip of any members, its checksums right."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as written:
        warnings.simplefilter("ignore")  # of a member that is there twice
        for name, data in members:
            written.writestr(name, data)
    return file.getvalue()


def with_json(good, change):
    """Return the file with another text of its facts."""
    members = members_of(good)
    members["model.json"] = change(members["model.json"])
    return zipped(members.items())


def with_document(good, change):
    def edit(text):
        document = json.loads(text)
        change(document)
        return json.dumps(document).encode()

    return with_json(good, edit)


def with_array(good, name, data):
    return zipped({**members_of(good), f"{name}.npy": data}.items())


def with_coef(good, header, body=bytes(3 * 8)):
    return with_array(good, "coef_", header + body)


def npy(descr="<f8", shape=(3,), fortran_order=False):
    header = {"descr": descr, "fortran_order": fortran_order, "shape": shape}
    text = repr(header)[:-1] + ", }\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


class Text(str):
    """A text that stands in a header as it is."""

    __repr__ = str.__str__


def saved_by_numpy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


class Creator:
    """Creates a file when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def deflated(good):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members_of(good).items():
            archive.writestr(name, data)
    return file.getvalue()


def bomb(good):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", b" " * (200 * MEGABYTE))
    return file.getvalue()


def overwritten(data, mark, offset, value):
    """Return *data* with some bytes overwritten at an offset from the last of a mark."""
    place = data.rfind(mark) + offset
    return data[:place] + value + data[place + len(value) :]


def claiming(data, name, size):
    """Return *data* with other sizes in a member's entry of the directory."""
    place = data.rfind(name.encode()) - 46  # an entry's bytes before the name
    return data[: place + 20] + struct.pack("<2I", size, size) + data[place + 28 :]


HOSTILE = {
    "nothing": lambda good: b"",
    "a text": lambda good: b"model, coef\n1, 2\n",
    "zeros": lambda good: bytes(1000),
    "the half": lambda good: good[: len(good) // 2],
    "a pickle": lambda good: pickle.dumps(Creator()),
    "a pickle in an array": lambda good: with_coef(
        good, saved_by_numpy(np.array([Creator()], object)), b""
    ),
    "a pickle among the members": lambda good: zipped(
        [*members_of(good).items(), ("data.pkl", pickle.dumps(Creator()))]
    ),
    "a pickle instead of the facts": lambda good: with_json(
        good, lambda text: pickle.dumps(Creator())
    ),
    "a structured type": lambda good: with_coef(good, npy([("a", "<f8")])),
    "a date": lambda good: with_coef(good, npy("<M8[s]")),
    "no known type": lambda good: with_coef(good, npy("<f3")),
    "Fortran order": lambda good: with_coef(good, npy(fortran_order=True)),
    "code in a header": lambda good: with_coef(
        good, npy(shape=Text("__import__('pathlib').Path('executed').touch()"))
    ),
    "a deep header": lambda good: with_coef(good, npy(shape=Text("(" * 400 + "3," + ")" * 400))),
    "a long header": lambda good: with_coef(good, npy(shape=(1,) * 5000)),
    "a header of version 2": lambda good: with_coef(good, b"\x93NUMPY\x02\x00\xff\xff\xff\xff"),
    "a header that ends late": lambda good: with_coef(good, b"\x93NUMPY\x01\x00\xff\xff"),
    "2 GB claimed": lambda good: with_coef(good, npy(shape=(1 << 28,))),
    "2 GB claimed by a text": lambda good: with_coef(good, npy("<U99999999", (5,))),
    "too much claimed to count": lambda good: with_coef(good, npy(shape=(10**17, 10**17))),
    "negative sizes": lambda good: with_coef(good, npy(shape=(-1, -3))),
    "no size": lambda good: with_coef(good, npy(shape=(0, 10**17)), b""),
    "items of no size": lambda good: with_coef(good, npy("<U0", (10**17,)), b""),
    "less than there is": lambda good: with_coef(good, npy(shape=(2,))),
    "no character": lambda good: with_coef(good, npy("<U1", (1,)), b"\xff\xff\xff\x7f"),
    "no truth value": lambda good: with_coef(good, npy("|b1", (3,)), b"\0\1\2"),
    "names too many": lambda good: with_array(
        good, "feature_names_in_", saved_by_numpy(np.array(["a"] * 4))
    ),
    "names of numbers": lambda good: with_array(
        good, "feature_names_in_", saved_by_numpy(np.arange(3))
    ),
    "deep JSON": lambda good: with_json(good, lambda text: b"[" * 100_000),
    "deep JSON that ends": lambda good: with_json(good, lambda _: b"[" * 10**5 + b"]" * 10**5),
    "deep dicts": lambda good: with_json(good, lambda _: b'{"a":' * 10**5 + b"1" + b"}" * 10**5),
    "many lists": lambda good: with_json(good, lambda text: b"[" + b"[]," * 340_000 + b"1]"),
    "long JSON": lambda good: with_json(good, lambda text: text + b" " * MEGABYTE),
    "JSON that ends early": lambda good: with_json(good, lambda text: text[:-2]),
    "JSON of no letters": lambda good: with_json(good, lambda text: b"\xff\xfe\xfd"),
    "deep JSON in UTF-16": lambda good: with_json(
        good, lambda text: ('"\u5b22' * 3 + "[" * 10**5).encode("utf-16")
    ),
    "JSON with NaN": lambda good: with_json(good, lambda text: text.replace(b"true", b"NaN", 1)),
    "JSON with a huge int": lambda good: with_json(
        good, lambda text: text.replace(b'"t_": 2', b'"t_": ' + b"9" * 10**5)
    ),
    "JSON with a huge float": lambda good: with_json(
        good, lambda text: text.replace(b'"intercept_": ', b'"intercept_": 1e999')
    ),
    "JSON of another kind": lambda good: with_json(good, lambda text: b'{"format": "zoo"}'),
    "a list": lambda good: with_json(good, lambda text: b"[1, 2]"),
    "no version": lambda good: with_document(good, lambda doc: doc.pop("version")),
    "a version of words": lambda good: with_document(good, lambda doc: doc.update(version="1")),
    "a field more": lambda good: with_document(good, lambda doc: doc["facts"].update(more=1)),
    "a field less": lambda good: with_document(good, lambda doc: doc["facts"].pop("notes")),
    "no names": lambda good: with_document(good, lambda doc: doc.update(arrays=None)),
    "names twice": lambda good: with_document(
        good, lambda doc: doc["arrays"].insert(1, doc["arrays"][0])
    ),
    "a path as a name": lambda good: with_document(
        good, lambda doc: doc["arrays"].__setitem__(0, "../../coef_")
    ),
    "a list as a name": lambda good: with_document(
        good, lambda doc: doc["arrays"].__setitem__(0, ["coef_"])
    ),
    "a name too many": lambda good: with_document(good, lambda doc: doc["arrays"].append("b")),
    "a member too many": lambda good: zipped([*members_of(good).items(), ("b.npy", npy())]),
    "a member twice": lambda good: zipped(
        [*members_of(good).items(), ("coef_.npy", members_of(good)["coef_.npy"])]
    ),
    "members in another order": lambda good: zipped(reversed(members_of(good).items())),
    "no members": lambda good: zipped([]),
    "compressed members": deflated,
    "a zip bomb": bomb,
    "an encrypted member": lambda good: overwritten(good, b"PK\1\2", 8, b"\1"),
    "an unknown method": lambda good: overwritten(good, b"PK\1\2", 10, b"\x63"),
    "facts that claim 2 GB": lambda good: claiming(good, "model.json", 1 << 31),
    "an array that claims 2 GB": lambda good: claiming(good, "coef_.npy", 1 << 31),
    "a directory that claims 2 GB": lambda good: overwritten(
        good, b"PK\5\6", 12, struct.pack("<I", 1 << 31)
    ),
    "a directory elsewhere": lambda good: overwritten(
        good, b"PK\5\6", 16, struct.pack("<I", 1 << 31)
    ),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_at_little_cost(make, good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.fastgd"
    data = make(good)
    assert data != good
    path.write_bytes(data)
    sentence, peak = measure(lambda: refusal(path))
    assert sentence
    assert peak < 50 * MEGABYTE
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_newer_file_asks_for_a_newer_fastgd(good, tmp_path):
    path = tmp_path / "model.fastgd"
    path.write_bytes(
        with_document(good, lambda doc: doc.update(version=archive.VERSION + 1, more={}))
    )
    assert "upgrade fastgd" in refusal(path)


ODD = [
    *(None, True, -1, 10**30, 0.5, "", "x", [], [1], {}, {"array": "coef_"}, {"array": []}),
    *({"float": "7ff8000000000000"}, {"float": "00"}, {"float": "3ff0000000000000"}, {"float": 1}),
    *({"scalar": ["<f8", "00"]}, {"scalar": ["O", "00"]}, {"scalar": 1}, {"scalar": ["|b1", "02"]}),
    *({"texts": "coef_"}, {"texts": "feature_names_in_"}, {"objects": [1, 2]}, {"objects": [[]]}),
    *({"objects": 1}, {"tuple": []}, {"tuple": 1}, {"dict": {}}, {"dict": 1}, {"code": "1"}),
    *({"loss": ["huber", {"delta": -1}]}, {"loss": ["huber", {}]}, {"loss": ["zoo", {}]}),
    *({"loss": ["huber", {"delta": "1"}]}, {"loss": []}, {"loss": ["custom", {"f": 1}]}),
    *({"optimizer": ["gd", {}]}, {"optimizer": [[], {}]}, {"schedule": ["FromCallable", {}]}),
    *({"schedule": ["Constant", {"eta0": 0.1}]}, {"loss": ["log_loss", {}]}),
]


def places(node, path=()):
    """Yield where, in nested lists and dicts, each node is."""
    yield path
    if isinstance(node, (dict, list)):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*path, key))


@contextlib.contextmanager
def replaced(node, path, value):
    """Put a value into nested lists and dicts for a while."""
    for key in path[:-1]:
        node = node[key]
    before, node[path[-1]] = node[path[-1]], value
    yield
    node[path[-1]] = before


@pytest.mark.compiled
def test_a_model_of_odd_facts_is_refused_or_whole(good, tmp_path):
    path = tmp_path / "model.fastgd"
    members = members_of(good)
    document = json.loads(members["model.json"])
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    refused = 0
    with path.open("wb") as file:
        for place, odd in itertools.product([*places(document["facts"])][1:], ODD):
            with replaced(document["facts"], place, odd):
                members["model.json"] = json.dumps(document).encode()
            overwrite(file, zipped(members.items()))
            if refusal(path):
                refused += 1
                continue
            model = fastgd.load(path)
            assert model.summary() and repr(model)
            if math.isfinite(model.intercept_):
                offset = np.zeros(N) if model.needs_offset_ else None
                assert len(model.predict(table, offset)) == N
            fields = {**fields_of(model), "stop_reason": model.stop_reason.name}
            saving.pack(fields, COLUMNS)  # it could be saved again
    assert refused > 1000


STEPS = np.arange(3)
DISAGREE = {
    "a path of too many columns": {"path": np.zeros((3, D + 2)), "path_steps": STEPS},
    "a path of too few columns": {"path": np.zeros((3, D - 1)), "path_steps": STEPS},
    "a path of other steps": {"path": np.zeros((4, D)), "path_steps": STEPS},
    "a path without steps": {"path": np.zeros((3, D))},
    "steps without a path": {"path_steps": STEPS},
    "a name too few": {"feature_names_in_": np.array(["a", "b"], dtype=object)},
    "a name too many": {"feature_names_in_": np.array(["a", "b", "c", "d"], dtype=object)},
    "labels of a regression": {"classes_": np.array([0, 1])},
    "a loss of labels without any": {"loss_": fastgd.LogLoss()},
}


@pytest.mark.parametrize("changes", DISAGREE.values(), ids=DISAGREE)
def test_fields_that_do_not_agree_are_no_model(changes, tmp_path):
    values = {f.name: getattr(small_model(), f.name) for f in dataclasses.fields(fastgd.FitResult)}
    values |= {"stop_reason": values["stop_reason"].name}
    saving.check_fields(values, COLUMNS)
    for width in (D, D + 1):
        saving.check_fields({**values, "path": np.zeros((3, width)), "path_steps": STEPS}, COLUMNS)
    with pytest.raises(ValueError, match=r"path must have|feature_names_in_ has|classes_ must be"):
        saving.check_fields({**values, **changes}, COLUMNS)


@pytest.mark.parametrize("extra", ["more", "coef_2", "notes"])
def test_arrays_that_no_field_refers_to_are_no_part_of_a_model(extra):
    values = {f.name: getattr(small_model(), f.name) for f in dataclasses.fields(fastgd.FitResult)}
    packed, arrays = saving.pack({**values, "stop_reason": values["stop_reason"].name}, COLUMNS)
    assert saving.unpack(packed, arrays, COLUMNS).keys() == values.keys()
    with pytest.raises(ValueError, match=f"nothing refers to its arrays .'{extra}'"):
        saving.unpack(packed, {**arrays, extra: np.zeros(2)}, COLUMNS)


@pytest.mark.parametrize("bits", [facts.MAX_BITS + 1, 4 * facts.MAX_BITS])
def test_numbers_that_take_long_to_read_are_no_facts(bits):
    assert facts.decode((1 << facts.MAX_BITS) - 1) == (1 << facts.MAX_BITS) - 1
    for number in ((1 << bits) - 1, -(1 << bits) + 1):
        with pytest.raises(ValueError, match=r"is no fact|digits"):
            facts.decode(number)
        with pytest.raises(ValueError, match="is a number of more than 8192 bits"):
            facts.encode(number, "notes")


@pytest.mark.parametrize("names", ["a a", "a b a", "1", "../a", "a ../b", "a" * 101])
def test_names_of_arrays_are_words_each_of_them_once(names):
    with pytest.raises(ValueError, match=r"an impossible name|two arrays have the same name"):
        archive._check_names(names.split())
    archive._check_names(["a", "b", "path.steps_2"])


@pytest.mark.parametrize("version", [0, -1, 1.0, "1", None, True])
def test_a_version_is_a_number_from_one_on(version):
    with pytest.raises(ValueError, match="its version is no integer from 1 on"):
        archive._check_version(version)
    archive._check_version(archive.VERSION)
