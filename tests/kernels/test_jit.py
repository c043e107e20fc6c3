"""Compiling: what is cached, what must not be, and what happens where a cache fails.

Whatever another process would do is done in another process, on a copy of the package with a cache
folder of its own.
"""

import errno
import importlib.util
import inspect
import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import event

import fastgd
from fastgd.base import threads
from fastgd.data.inputs import make_source
from fastgd.descent.run import Run
from fastgd.gradients.binding import loss_arguments, prediction_kernel
from fastgd.kernels import rows
from fastgd.kernels.compiler import jit as _jit
from fastgd.kernels.compiler import pointers as compiled_pointers
from fastgd.kernels.compiler.jit import load, specialise, unbound
from fastgd.losses import CustomLoss
from fastgd.planning.plan import make_plan
from fastgd.planning.request import read_request

PACKAGE = Path(fastgd.__file__).parent
RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 3))
y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * RNG.standard_normal(30)

PREAMBLE = """
import gc, json, warnings
import numpy as np
from numba.core import event
from numba.core.dispatcher import Dispatcher
recorder = event.RecordingListener()
event.register("numba:compile", recorder)
import fastgd
rng = np.random.default_rng(0)
X = rng.standard_normal((30, 3))
y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.standard_normal(30)
answer = {}
def fit(variant="batch", **settings):
    settings = {"learning_rate": 0.1, "max_iter": 3, "random_state": 0, **settings}
    return fastgd.fit(X, y, variant, **settings).coef_.tolist()
"""
CODA = """
kernels = [k for k in gc.get_objects() if issubclass(type(k), Dispatcher)]
kernels = [k for k in kernels if k.py_func.__module__.startswith("fastgd")]
answer["compiled"] = sum(record.is_start for _, record in recorder.buffer)
answer["hits"] = sum(sum(k.stats.cache_hits.values()) for k in kernels)
answer["misses"] = sum(sum(k.stats.cache_misses.values()) for k in kernels)
answer["folders"] = sorted({str(k.stats.cache_path) for k in kernels})
print(json.dumps(answer))
"""


class House:
    """A copy of the package and a cache folder, both of their own."""

    def __init__(self, folder):
        self.folder, self.package, self.cache = folder, folder / "fastgd", folder / "cache"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))

    def run(self, body, **environment):
        """What *body*, in a new process, leaves in `answer`; the counts of kernels come with it."""
        code = PREAMBLE + textwrap.dedent(body) + CODA
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "NUMBA_CACHE_DIR": str(self.cache),
            **environment,
        }
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]) | {"stderr": done.stderr}

    def files(self):
        return sorted(path for path in self.cache.rglob("*") if path.is_file())

    def edit(self, name, old, new):
        source = self.package / name
        text = source.read_text(encoding="utf-8")
        assert old in text
        source.write_text(text.replace(old, new), encoding="utf-8")


FIT = "answer['coef'] = fit()"
FIT_BOTH = "answer['coef'], answer['other'] = fit(), fit('stochastic')"


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A house in which a process has fitted once, and what that process said."""
    house = House(tmp_path_factory.mktemp("house"))
    return house, house.run(FIT_BOTH)


@pytest.fixture
def lived_in(warm, tmp_path):
    """The same house, its cache to be played with: it is put back afterwards."""
    house, _ = warm
    shutil.copytree(house.cache, tmp_path / "cache")
    shutil.copytree(house.package, tmp_path / "fastgd")
    yield house
    for kept, place in (("cache", house.cache), ("fastgd", house.package)):
        shutil.rmtree(place)
        shutil.copytree(tmp_path / kept, place)


# -------------------------------------------------------------------------------- across processes


@pytest.mark.compiled
def test_a_second_process_compiles_nothing(warm):
    house, first = warm
    assert first["compiled"] >= first["misses"] > 0
    second = house.run(FIT_BOTH)
    assert (second["compiled"], second["misses"]) == (0, 0)
    assert second["hits"] > 0
    assert (second["coef"], second["other"]) == (first["coef"], first["other"])


@pytest.mark.compiled
def test_an_edited_loss_takes_effect(lived_in, warm):
    """Twice the loss at half the rate, 0.05, is the same run."""
    lived_in.edit("losses/squared_error.py", "return 0.5 * r * r, r\n", "return r * r, 2.0 * r\n")
    after = lived_in.run("answer['coef'] = fit(learning_rate=0.05)")["coef"]
    np.testing.assert_allclose(after, warm[1]["coef"], rtol=1e-12)


@pytest.mark.compiled
def test_edited_compiler_options_take_effect(lived_in):
    """They are in no file that Numba's key looks at: small functions of kernels must know, too."""
    lived_in.edit("kernels/compiler/jit.py", '"reassoc": True, ', "")
    after = lived_in.run(FIT)
    assert after["hits"] == 0
    assert after["compiled"] > 0


USERS_LOSSES = """
    def make(k):
        def loss(z, y):
            return 0.5 * k * (z - y) ** 2, k * (z - y)
        return loss
    answer["lambda"] = fit(loss=lambda z, y: (0.5 * SLOPE * (z - y) ** 2, SLOPE * (z - y)))
    answer["closures"] = [fit(loss=make(k)) for k in CLOSURES]
"""


@pytest.mark.compiled
def test_losses_of_the_user_never_share_code(lived_in):
    """Lambdas, functions of one name, edited ones; within a process and across two."""
    first = lived_in.run(USERS_LOSSES.replace("SLOPE", "1.0").replace("CLOSURES", "(1.0, 2.0)"))
    files = lived_in.files()
    second = lived_in.run(USERS_LOSSES.replace("SLOPE", "2.0").replace("CLOSURES", "()"))
    settings = {"max_iter": 3, "random_state": 0}
    single, double = (
        fastgd.fit(X, y, "batch", learning_rate=rate, **settings).coef_ for rate in (0.1, 0.2)
    )
    np.testing.assert_allclose(first["lambda"], single, rtol=1e-12)
    np.testing.assert_allclose(first["closures"], [single, double], rtol=1e-12)
    np.testing.assert_allclose(second["lambda"], double, rtol=1e-12)
    assert lived_in.files() == files  # no kernel holds a user's loss


USERS_CLASSES = """
    import numba
    from fastgd.losses import Loss
    from fastgd.optimizers import Optimizer
    K = FACTOR
    TABLE = np.array([FACTOR, 1.0])
    @numba.njit
    def helper(x):
        return FACTOR * x
    def made(k):
        return lambda w, g, lr: (w - k * lr * g, lr)
    def make(function):
        class Mine(Optimizer):
            name, slots, step = "mine", 0, staticmethod(function)
            prepare = staticmethod(lambda t, lr, hyper, T: (T(lr),))
        return Mine()
    class Scaled(Loss):
        name, curvature = "squared_error", FACTOR
        function = staticmethod(lambda z, y, parameters: (K * (z - y) ** 2 / 2, K * (z - y)))
    steps = {
        "constant": lambda w, g, lr: (w - FACTOR * lr * g, lr),
        "global": lambda w, g, lr: (w - K * lr * g, lr),
        "array": lambda w, g, lr: (w - TABLE[0] * lr * g, lr),
        "closure": made(FACTOR),
        "helper": lambda w, g, lr: (w - helper(lr) * g, lr),
        "default": lambda w, g, lr, k=FACTOR: (w - k * lr * g, lr),
    }
    for name, step in steps.items():
        answer[name] = fit(optimizer=make(step), learning_rate=0.1, max_iter=1)
    answer["loss"] = fit(loss=Scaled(), learning_rate=0.1, max_iter=1)
    K = 4.0
    answer["global, changed"] = fit(optimizer=make(steps["global"]), max_iter=1)
    answer["loss, changed"] = fit(loss=Scaled(), max_iter=1)
"""


@pytest.mark.compiled
@pytest.mark.parametrize("n_processes", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_classes_of_the_user_run_their_own_code(lived_in, n_processes):
    """Each process defines classes of the same names whose steps are 1, 2 or 3 times as long."""
    answers = [
        lived_in.run(USERS_CLASSES.replace("FACTOR", str(factor)))
        for factor in (1.0, 2.0, 3.0)[:n_processes]
    ]
    single = np.array(fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=1).coef_)
    names = ["constant", "global", "array", "closure", "helper", "default", "loss"]
    for factor, answer in enumerate(answers, 1):
        expected = [factor * single] * len(names) + [4.0 * single] * 2
        got = [answer[name] for name in (*names, "global, changed", "loss, changed")]
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_a_loss_of_the_user_may_be_negative():
    """A bound of the distance to the optimum holds for built-in losses only."""

    class Shifted(fastgd.losses.Loss):
        name, curvature = "squared_error", 1.0
        function = staticmethod(lambda z, y, parameters: (0.5 * (z - y) ** 2 - 9.0, z - y))

    assert not Shifted().built_in
    result = fastgd.fit(X, y, "batch", loss=Shifted())
    assert result.objective < -8.0
    assert result.suboptimality >= 0.0


SUM_OF_LOSSES = """
    from fastgd.data.inputs import make_source
    from fastgd.gradients.full_pass import FullPass
    def loss(z, y):
        return 0.5 * FACTOR * (z - y) ** 2, FACTOR * (z - y)
    source = make_source(X, y, None, "real")
    with FullPass(source, fastgd.CustomLoss(loss), 1, gradients=False) as full:
        answer["loss"] = full.over_all(np.ones(4))[0]
"""


@pytest.mark.compiled
def test_what_sums_losses_of_the_user_holds_none_of_them(tmp_path):
    """Two processes, two losses of one name: an objective must not be that of the other."""
    house = House(tmp_path)
    small, large = (
        house.run(SUM_OF_LOSSES.replace("FACTOR", factor))["loss"] for factor in ("1.0", "100.0")
    )
    assert small == pytest.approx(0.5 * np.mean(np.square(X.sum(axis=1) + 1.0 - y)))
    assert large == pytest.approx(100.0 * small)


@pytest.mark.compiled
@pytest.mark.skipif(os.name == "nt", reason="the home is found in another way")
def test_without_a_cache_folder_it_compiles_and_works(tmp_path, warm):
    """Neither the folder asked for, nor the package's own, nor the home can be written."""
    house = House(tmp_path)
    for folder in ("", "kernels", "kernels/compiler", "losses", "optimizers"):
        (house.package / folder / "__pycache__").write_text("a file where a folder should be")
    nowhere = {
        "NUMBA_CACHE_DIR": "/dev/null/cache",
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": "/dev/null",
    }
    answer = house.run(FIT, **nowhere)
    assert answer["folders"] == ["None"]
    assert answer["compiled"] > 0
    assert answer["coef"] == warm[1]["coef"]


@pytest.mark.compiled
def test_cut_cache_files_are_repaired(lived_in, warm):
    for path in lived_in.files():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    repaired = lived_in.run(FIT)
    assert repaired["coef"] == warm[1]["coef"]
    assert "broken cache file" in repaired["stderr"]
    afterwards = lived_in.run(FIT)
    assert afterwards["coef"] == warm[1]["coef"]
    assert (afterwards["compiled"], afterwards["stderr"]) == (0, "")


@pytest.mark.compiled
def test_six_threads_may_fit_at_once_from_a_cold_cache(lived_in, warm):
    shutil.rmtree(lived_in.cache)
    answer = lived_in.run("""
        import threading
        barrier, coefs = threading.Barrier(6), []
        def work():
            barrier.wait()
            coefs.append(fit())
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answer["coefs"] = coefs
    """)
    assert answer["coefs"] == [warm[1]["coef"]] * 6
    assert answer["stderr"] == ""


# ------------------------------------------------------------------ each file of a small kernel cut

SMALL = """
from fastgd.kernels.compiler.jit import compiled, unbound
pick = unbound

@compiled
def inner(a, b):
    return 2.0 * a + b

def add_up(values, out):
    for k in range(values.shape[0]):
        out[0] += pick(inner(values[k], 1.0))
"""


def small_kernel(folder):
    """A new kernel that calls two functions, as a new process would make it."""
    source = folder / "small.py"
    if not source.exists():  # older versions of Numba key their cache on the file's time
        source.write_text(SMALL)
    spec = importlib.util.spec_from_file_location("small", source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["small"] = module
    _jit.compile_once.cache_clear()
    return specialise(module.add_up, pick=PICK)


def PICK(z):
    return 3.0 * z


def sum_with(kernel):
    out = np.zeros(1)
    kernel(np.arange(4.0), out)
    return out[0]


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The cache files of the small kernel, in a folder of their own; `again` makes it anew."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delitem(sys.modules, "small", raising=False)
    load(small_kernel(tmp_path), np.arange(4.0), np.zeros(1))
    files = sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert len(files) == 3  # one for each function
    return files


def again(folder):
    """The small kernel as a new process would load it, and how many kernels it found no file of."""
    kernel = small_kernel(folder)
    load(kernel, np.arange(4.0), np.zeros(1))
    assert sum_with(kernel) == 48.0
    return sum(kernel.stats.cache_misses.values())


def sealed(content):
    pickled = pickle.dumps(content)
    return _jit._digest(pickled) + pickled


DAMAGES = {
    "empty": lambda whole: b"",
    "cut in its digest": lambda whole: whole[:9],
    "half": lambda whole: whole[: len(whole) // 2],
    "nearly whole": lambda whole: whole[:-1],
    "one bit": lambda whole: whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
    "garbage": lambda whole: bytes(range(256)) * 50,
    "zeros": lambda whole: bytes(len(whole)),
    "of another type": lambda whole: sealed("no kernel"),
    "of another library": lambda whole: sealed((pickle.loads(whole[16:])[0], 17)),
}


@pytest.mark.compiled
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_broken_files_are_repaired(kept, tmp_path, damage):
    whole = [path.read_bytes() for path in kept]
    for path, content in zip(kept, whole, strict=True):
        path.write_bytes(damage(content))
    with pytest.warns(RuntimeWarning, match=r"3 broken cache file\(s\).*small"):
        assert again(tmp_path) == 1
    assert again(tmp_path) == 0  # and without a warning
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.compiled
def test_a_file_of_another_signature_is_no_kernel_and_no_reason_to_warn(kept, tmp_path):
    """Where two names should ever collide."""
    for path in kept:
        path.write_bytes(sealed(("another key", None)))
    assert again(tmp_path) == 1
    assert again(tmp_path) == 0


@pytest.mark.compiled
def test_every_signature_has_a_file_of_its_own(kept, tmp_path):
    """Two processes that save at once then cannot take each other's for their own."""
    whole = {path: path.read_bytes() for path in kept}
    load(small_kernel(tmp_path), np.arange(4.0, dtype=np.float32), np.zeros(1, np.float32))
    files = [path for path in kept[0].parent.parent.rglob("*.nbc") if path not in whole]
    assert len(files) == 2  # PICK gets a float64 either way
    assert all(path.read_bytes() == content for path, content in whole.items())


@pytest.mark.compiled
@pytest.mark.parametrize("there", ["nothing", "a file", "a folder without files"])
def test_a_cache_that_is_taken_away_is_not_missed(kept, tmp_path, there):
    """After the functions are made, and before they are compiled."""
    kernel, folder = small_kernel(tmp_path), tmp_path / "cache"
    shutil.rmtree(folder)
    if there == "a file":
        folder.write_text("")
    elif there == "a folder without files":
        for path in kept:
            path.mkdir(parents=True)  # each kernel's name is taken by a folder
    load(kernel, np.arange(4.0), np.zeros(1))
    assert sum_with(kernel) == 48.0
    assert there == "nothing" or not any(path.is_file() for path in folder.rglob("*"))


@pytest.mark.compiled
@pytest.mark.parametrize("written", [0, 1000])
def test_a_full_disk_is_no_reason_to_fail(kept, tmp_path, monkeypatch, written):
    write = Path.write_bytes

    def fill_up(path, content):
        write(path, content[:written])
        raise OSError(errno.ENOSPC, "No space left on device")

    for path in kept:
        path.unlink()
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", fill_up)
        assert again(tmp_path) == 1
    assert not any(path.is_file() for path in (tmp_path / "cache").rglob("*"))


@pytest.mark.parametrize(
    ("owner", "name"), [(numba, "__version__"), (np, "__version__"), (numba.config, "BOUNDSCHECK")]
)
def test_other_versions_and_settings_have_other_files(monkeypatch, owner, name):
    monkeypatch.setattr(owner, name, "another")
    assert _jit._stamp() != _jit.STAMP


@pytest.mark.compiled
def test_kernels_are_loaded_where_no_thread_can_be_had(kept, tmp_path, monkeypatch):
    def refuse(*arguments):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "start_new_thread", refuse)
    assert again(tmp_path) == 0


# ------------------------------------------------------------------------------- within one process


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
def test_a_second_fit_compiles_nothing(variant):
    """Other values, layouts, weights, rates, hyper-parameters and starts: the same machine code."""
    settings = {"alpha": 0.1, "learning_rate": 0.05, "max_iter": 2, "optimizer": "adam"}
    for table in (X, np.asfortranarray(X)):  # read in place, and gathered into a buffer
        fastgd.fit(table, y, variant, **settings)
    fixed = X.copy()
    fixed.flags.writeable = False
    other = [
        (X, {"alpha": 0.2, "l1_ratio": 0.5, "learning_rate": 0.1}),
        (X, {"learning_rate": fastgd.Cosine(eta0=0.1), "optimizer": fastgd.Adam(beta_1=0.5)}),
        (X, {"sample_weight": np.arange(30) + 1, "fit_intercept": False}),
        (X, {"coef_init": [1, 2, 3], "n_threads": 2, "record": "objective"}),
        (X, {"shuffle": "replacement" if variant == "batch" else False, "record_path": 1}),
        (X, {"shuffle": np.zeros((2, 4), dtype=np.uint8)}),
        (np.asfortranarray(X), {}),
        (X[::-1, ::-1], {}),
        (fixed, {}),
        ((10 * X).astype(int), {}),
        (X.astype(np.float16), {"max_iter": 1}),
        (X.tolist(), {}),
        (X[:1], {}),
    ]
    with event.install_recorder("numba:compile") as recorder:
        for table, changed in other:
            targets = y[: len(table)]
            changed = {**settings, **changed}
            if len(table) < 3:
                changed["alpha"] = 0.3  # with a penalty, fewer rows than features are no surprise
            fastgd.fit(table, targets, variant, **changed)
    assert [record.data["dispatcher"].py_func.__name__ for _, record in recorder.buffer] == []


def planned(loss):
    """A plan for this loss, and its source."""
    defaults = {name: p.default for name, p in inspect.signature(fastgd.fit).parameters.items()}
    chosen = {**defaults, "variant": "stochastic", "loss": loss, "learning_rate": 0.1}
    request = read_request(**{k: chosen[k] for k in inspect.signature(read_request).parameters})
    source = make_source(X, y, None, "real")
    return make_plan(request, source, None, 0), source


def half_square(z, y, parameters):
    return 0.5 * z * z, z


def square(z, y, parameters):
    return z * z, 2.0 * z


def test_the_same_binding_gives_the_same_kernel():
    first = specialise(rows.meet, loss=half_square, GUARDED=False)
    assert specialise(rows.meet, GUARDED=False, loss=half_square) is first
    assert specialise(rows.meet, loss=half_square, GUARDED=True) is not first
    assert specialise(rows.meet, loss=square, GUARDED=False) is not first


def test_a_specialisation_leaves_its_template_alone():
    arguments = (np.ones(2), 2, 3.0, 1.0, 0.5, (), np.inf, 1.0)
    assert specialise(rows.meet, loss=half_square, GUARDED=False)(*arguments) == (2.25, 1.5)
    assert specialise(rows.meet, loss=square, GUARDED=False)(*arguments) == (4.5, 3.0)
    assert rows.loss is unbound
    with pytest.raises(NotImplementedError, match="specialise"):
        rows.meet(*arguments)


@pytest.mark.compiled
def test_a_template_that_is_not_bound_does_not_compile():
    with pytest.raises(numba.core.errors.NumbaError):
        specialise(rows.meet, GUARDED=False)(np.ones(2), 2, 3.0, 1.0, 0.5, (), np.inf, 1.0)


def test_the_parameters_of_a_loss_make_no_other_kernel():
    runs = [Run(*planned(fastgd.Huber(delta=delta))) for delta in (0.5, 1.0, 2.0)]
    assert len({run.stepper.kernel for run in runs}) == 1


@pytest.mark.compiled
def test_losses_of_the_user_share_a_kernel():
    loss, again = (CustomLoss(lambda z, y: (z - y, 1.0)) for _ in range(2))
    other = CustomLoss(lambda z, y: (z - y, 2.0))
    kernel = Run(*planned(loss)).stepper.kernel
    assert Run(*planned(other)).stepper.kernel is kernel
    (address, _), of_again, of_other = map(loss_arguments, (loss, again, other))
    assert of_again == (address, ())  # as where the cell of a notebook is run twice
    assert of_other != (address, ())


def test_kernels_kept_in_memory_alone_are_bounded_in_number():
    for k in range(2 * _jit.USER_KERNELS_KEPT):
        specialise(rows.meet, cache=False, loss=lambda z, y, _, k=k: (z - y, k), GUARDED=False)
    assert _jit._specialise_in_process.cache_info().currsize == _jit.USER_KERNELS_KEPT


LOSSES_OF_THE_USER = """
    import resource
    def memory():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for k in range(60):
        if k == 10:
            before = memory()
        fit(loss=lambda z, y, k=k: (0.5 * (z - y) ** 2 + k, z - y), learning_rate=0.1, max_iter=1)
    answer["kib"] = (memory() - before) / 50
"""


@pytest.mark.compiled
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the size has another unit")
def test_a_loss_of_the_user_keeps_less_than_a_mebibyte(warm):
    assert warm[0].run(LOSSES_OF_THE_USER)["kib"] < 1024


@pytest.mark.compiled
def test_many_losses_of_the_user_are_remarked_on(monkeypatch):
    monkeypatch.setattr(compiled_pointers, "MANY", len(compiled_pointers._known) + 1)
    with pytest.warns(RuntimeWarning, match="fields of a subclass of Loss"):
        loss_arguments(CustomLoss(lambda z, y: (0.5 * (z - y) ** 2, z - y)))


@pytest.mark.compiled
@pytest.mark.parametrize(
    "function",
    [
        lambda z, y: (1 * (z > y), 0),
        lambda z, y: (np.float32(z), int(z > y)),
        numba.njit(lambda z, y: (0.5 * (z - y) ** 2, z - y)),
        lambda z, y: (np.array([z, y])[0], np.array([z - y])[0]),
        lambda z, y, k=3.0: (k * z, k * y),
        lambda z=1.0, y=2.0, k=3, is_odd=True: (k * z, y if is_odd else z),
    ],
    ids=["integers", "other types", "jitted", "an array", "a default", "defaults"],
)
def test_whatever_a_loss_of_the_user_returns_becomes_two_numbers(function):
    kernel, values, slopes = prediction_kernel(CustomLoss(function)), np.empty(2), np.empty(2)
    z = np.array([0.5, 2.0])
    kernel(z, y[:2], loss_arguments(CustomLoss(function)), values, slopes)
    expected = [
        getattr(function, "py_func", function)(*pair) for pair in zip(z, y[:2], strict=True)
    ]
    np.testing.assert_allclose(np.transpose([values, slopes]), np.array(expected, float))


@pytest.mark.compiled
def test_an_exception_of_a_loss_reaches_the_caller():
    def loss(z, y):
        if z > 1e3:
            raise ValueError("z is too large")
        return 0.5 * (z - y) ** 2, z - y

    with pytest.raises(ValueError, match="z is too large"):
        fastgd.fit(1e6 * X, y, "batch", loss=loss, learning_rate=1.0, max_iter=5)


@pytest.mark.compiled
def test_seconds_of_compiling_are_told_apart():
    def loss(z, y):
        return 0.5123 * (z - y) ** 2, 1.0246 * (z - y)  # compiled nowhere else

    first, second = (
        fastgd.fit(X, y, "batch", loss=loss, learning_rate=0.1, max_iter=1) for _ in range(2)
    )
    assert first.compile_seconds > second.compile_seconds >= 0
    assert first.history["seconds"][-1] < first.compile_seconds
