"""Divergence is never silent, and never cried where there is none.

A run diverges when something is not finite, or the loss is above 1e12 times the larger of those at
the start and at z = 0. What theory says of when that happens, in textbook mode:

- a loss whose slope grows with the distance (the squared ones): beyond the largest stable rate
  each step multiplies the distance from the optimum. The slower, the later it is seen.
- a loss with bounded slopes, |slope| <= G: T steps at rate lr lead no farther than
  lr G |x| T / (1 - mu), so the loss is at most G times |x| times that. Whatever the rate, it never
  blows up: it is flagged where that bound leaves room for 1e12, as with X times 1e30, else never.
- an adaptive optimizer moves no coefficient by more than about lr a step, whatever the slope: it
  is flagged where z overflows or where X times lr leaves room for 1e12.
"""

import re
import warnings

import naive
import numba
import numpy as np
import pytest

import fastgd
from fastgd.losses import LOSSES

VARIANTS = ["batch", "stochastic", "minibatch"]
OPTIMIZERS = {"gd": 0.0, "momentum": 0.9, "nesterov": 0.9}  # and the share mu of a step they keep
GROWING = {"squared_error", "squared_epsilon_insensitive", "squared_hinge"}
STEEPEST = {"huber": 1.35, "quantile": 0.5, "modified_huber": 4.0}  # G; of all others 1
TOO_FAR = 1e12
COMPILED = not numba.config.DISABLE_JIT  # a kernel each for a loss, an optimizer and a type: few

N, D, SIZE = 24, 3, 4
RNG = np.random.default_rng(0)
X = RNG.uniform([-0.4, -0.5, -0.5], [0.6, 0.5, 0.5], (N, D))
Y = X @ [1.0, -2.0, 0.5] + 0.3 + 0.5 * RNG.standard_normal(N)
SIGNS = np.where(RNG.permutation(N) < N // 2, 1.0, -1.0)  # no plane separates them
EPOCHS = {"batch": 60, "stochastic": 6, "minibatch": 12}


def settings_of(variant):
    """Few epochs: enough to go too far."""
    size = {"batch_size": SIZE} if variant == "minibatch" else {}
    return {**size, "max_iter": EPOCHS[variant], "random_state": 0}


def targets(loss):
    return SIGNS if LOSSES[loss].target == "binary" else naive.LOSSES[loss].targets(Y)


def watched(*arguments, **settings):
    """A result and the sentence of its warning, "" where there was none."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fastgd.fit(*arguments, **settings)
    assert all(type(warning.message) is fastgd.DivergenceWarning for warning in caught)
    assert len(caught) == (result.stop_reason is fastgd.StopReason.DIVERGED)
    return result, str(caught[0].message) if caught else ""


def largest_eigenvalue(X):
    A = np.column_stack([X, np.ones(len(X))])
    return np.linalg.eigvalsh(A.T @ A / len(A))[-1]


def stable_rate(X, variant, batch_size=1, optimizer="gd", mu=0.0):
    """2/L and its kin, for the columns of X and an intercept."""
    A = np.column_stack([X, np.ones(len(X))])
    L = largest_eigenvalue(X)
    if variant == "batch":
        return {"gd": 2 / L, "momentum": 2 * (1 + mu) / L,
                "nesterov": 2 * (1 + mu) / ((1 + 2 * mu) * L)}[optimizer]  # fmt: skip
    H = A.T @ A / len(A)
    fourth = (A * np.sum(A**2, axis=1)[:, None]).T @ A / len(A)
    r_squared = np.linalg.eigvals(np.linalg.pinv(H) @ fourth).real.max()
    return 2 * batch_size / (r_squared + (batch_size - 1) * L)


# --------------------------------------------------------------------- far too large, with the twin


class Twin:
    """The same run in NumPy: its path, and the loss of each row when it was met."""

    def __init__(self, X, y, variant, loss, optimizer, rate):
        self.A = np.column_stack([X.astype(np.float64), np.ones(N)])
        self.y, self.loss = y, naive.LOSSES[loss].loss
        epochs = EPOCHS[variant]
        order = np.array([fastgd.visiting_order(N, D, 0, epoch) for epoch in range(epochs)])
        steps = list(naive.rows_of_each_step(N, variant, order, SIZE))
        self.path = naive.descend(
            X, y, loss=self.loss, optimizer=optimizer, variant=variant, learning_rate=rate,
            order=order, batch_size=SIZE,
        )  # fmt: skip
        met = [self.losses(w)[rows] for w, rows in zip(self.path, steps, strict=False)]
        self.met = np.concatenate(met).reshape(epochs, N)
        self.ends = self.path[1:].reshape(epochs, -1)  # of every epoch, all that was reached
        self.limit = TOO_FAR * self.losses(self.path[0]).mean()

    def losses(self, w):
        return self.loss(self.A @ w, self.y)[0]

    def ended(self):
        return self.losses(self.path[-1]).mean()

    def earliest(self):
        """The first epoch that may be flagged (one row alone above the limit), counted from 1."""
        bad = ~(self.met.max(axis=1) < 0.9 * self.limit) | ~np.isfinite(self.ends).all(axis=1)
        return int(np.argmax(bad)) + 1 if bad.any() else None

    def latest(self):
        """The first epoch that must be flagged: the mean of all its rows is above the limit."""
        bad = ~(self.met.mean(axis=1) < 1.1 * self.limit) | ~np.isfinite(self.ends).all(axis=1)
        return int(np.argmax(bad)) + 1 if bad.any() else None


def theory(X, y, variant, loss, optimizer, rate):
    """Whether the run must diverge; None where its first steps decide."""
    mu = OPTIMIZERS[optimizer]
    norms = 1.0 + np.sum(X * X, axis=1)
    if not np.isfinite(norms).all():
        return True
    if LOSSES[loss]().smooth and LOSSES[loss].curvature is None:
        return None
    if loss in GROWING:
        curvature = LOSSES[loss].curvature
        if variant == "batch":
            # Of squared_hinge, the rows on the wrong side pull alone: half of them, and more.
            stable = stable_rate(X, variant, 1, optimizer, mu) / curvature
            return False if rate < 0.9 * stable else True if rate > 5 * stable else None
        return True if rate * curvature * norms.min() > 8 * (1 + mu) / (1 - mu) else None
    G = STEEPEST.get(loss, 1.0)
    steps = EPOCHS[variant] * {"batch": 1, "stochastic": N, "minibatch": N // SIZE}[variant]
    start = naive.LOSSES[loss].loss(np.zeros(N), y)[0].mean()
    if start + G * G * rate * norms.max() * steps / (1 - mu) < TOO_FAR * start:
        return False
    return True if rate * norms.min() > 1e4 * TOO_FAR * start else None


FAR = [
    (scale, rate)
    for scale in (1.0, 1e4, 1e30, 1e200)
    for rate in (0.1, 2.0, 10.0, 1e6)
    if (scale, rate) != (1.0, 0.1)
]


# Every loss under mini-batches, and every optimizer and variant; the rest of the grid is slow.
OFTEN = {"squared_error", "log_loss"}
CHOICES = [
    pytest.param(
        variant,
        optimizer,
        loss,
        marks=[pytest.mark.slow] * (variant != "minibatch" and loss not in OFTEN),
    )
    for variant in VARIANTS
    for optimizer in OPTIMIZERS
    for loss in LOSSES
    if not COMPILED or optimizer == "gd" or loss == "squared_error"
]


@pytest.mark.compiled
@pytest.mark.parametrize(("variant", "optimizer", "loss"), CHOICES)
def test_far_too_large_is_flagged_or_bounded(variant, optimizer, loss):
    y = targets(loss)
    for scale, rate in FAR:
        # Whether numbers overflow depends on their type, not on the optimizer.
        narrow = optimizer == "gd" and scale < 1e38 and (loss in GROWING or not COMPILED)
        for dtype in (np.float64, np.float32) if narrow else (np.float64,):
            table = (scale * X).astype(dtype)
            result, message = watched(
                table, y, variant, loss=loss, optimizer=optimizer, learning_rate=rate,
                **settings_of(variant),
            )  # fmt: skip
            case = (scale, rate, dtype.__name__)
            with np.errstate(all="ignore"):
                twin = Twin(table, y, variant, loss, optimizer, rate)
                expected = theory(table.astype(float), y, variant, loss, optimizer, rate)
                earliest, latest = twin.earliest(), twin.latest()
            assert np.isfinite(result.coef_).all() and np.isfinite(result.intercept_), case
            assert f"learning_rate={rate:.3g};" in message or not message
            if "rose from" in message:  # it made all its epochs, and ended above its start
                assert expected is not True and latest is None, case
                assert twin.ended() > 0.99 * twin.limit / TOO_FAR, case
            elif message:
                epoch = int(np.ceil(result.history["passes"][-1]))
                assert expected is not False, case
                assert earliest is not None and earliest <= epoch, case
                assert latest is None or epoch <= latest, case
                if scale >= 1e30:  # one epoch; of batch, the step's loss is met in the next
                    assert epoch <= (2 if variant == "batch" else 1), case
            else:
                assert expected is not True, case
                assert latest is None, case
                allowed = 1.0 if variant == "batch" else 10.0  # noise that does not grow
                assert twin.ended() <= 1.01 * allowed * twin.limit / TOO_FAR, case


@pytest.mark.parametrize("optimizer", ["adagrad", "rmsprop", "adam"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_adaptive_optimizers_move_by_the_rate_whatever_the_slope(variant, optimizer):
    """|w| <= k lr T, so that z is at most |x| times that; k is 1/√(1 - rho) = 10 for RMSprop."""
    for scale, rate in FAR:
        result, message = watched(
            scale * X, Y, variant, optimizer=optimizer, learning_rate=rate, **settings_of(variant)
        )
        steps = EPOCHS[variant] * {"batch": 1, "stochastic": N, "minibatch": N // SIZE}[variant]
        farthest = 11 * rate * steps * (scale * np.abs(X).max() * D + 1)
        case = (scale, rate)
        room = np.sqrt(TOO_FAR * np.mean(Y**2))  # for z
        if farthest < 0.5 * room:
            assert not message or "rose from" in message, case
        if scale < 1e150 and rate * scale * np.abs(X).min() > 1e3 * room:  # beyond, see below
            assert message and result.n_iter_ <= 2, case
        assert np.isfinite(result.coef_).all() and np.isfinite(result.objective), case
        assert "theory" not in message and ("a smaller learning_rate" in message) == bool(message)


@pytest.mark.parametrize("optimizer", ["adagrad", "rmsprop", "adam"])
@pytest.mark.parametrize(("scale", "dtype"), [(1e200, np.float64), (1e30, np.float32)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_adaptive_optimizers_whose_squares_overflow_are_flagged(variant, scale, dtype, optimizer):
    """Or the coefficients would silently stay where they are."""
    table = (scale * X).astype(dtype)
    run = {"learning_rate": 0.1, **settings_of(variant)}
    assert watched(table, Y, variant, optimizer=optimizer, **run)[1]


@pytest.mark.parametrize("variant", VARIANTS)
def test_targets_whose_squares_overflow_diverge_without_other_noise(variant):
    result, message = watched(X, 1e200 * Y, variant, learning_rate=0.05, max_iter=3)
    assert message and np.isfinite(result.coef_).all()


# ------------------------------------------------------------------------- the stable rate it names


def numbers_in(message):
    return [float(number) for number in re.findall(r"\d[\d.]*(?:e[-+]?\d+)?(?<!\.)", message)]


@pytest.mark.parametrize(
    ("variant", "optimizer"),
    [
        ("batch", fastgd.GD()),
        ("batch", fastgd.Momentum(mu=0.5)),
        ("batch", fastgd.Nesterov(mu=0.5)),
        ("stochastic", fastgd.GD()),
        ("minibatch", fastgd.GD()),
    ],
)
def test_it_names_the_epoch_the_rate_and_a_stable_one(variant, optimizer):
    size = {"batch_size": SIZE} if variant == "minibatch" else {}
    with pytest.warns(fastgd.DivergenceWarning) as caught:
        result = fastgd.fit(
            X, Y, variant, optimizer=optimizer, learning_rate=7.25, random_state=0, max_iter=500,
            **size,
        )  # fmt: skip
    assert len(caught) == 1 and caught[0].filename == __file__
    message = str(caught[0].message)
    assert message.startswith(f"{variant} gradient descent diverged in epoch ")
    mu = getattr(optimizer, "mu", 0.0)
    stable = stable_rate(X, variant, SIZE if size else 1, optimizer.name, mu)
    epoch, rate, named = numbers_in(message)
    assert epoch == np.ceil(result.history["passes"][-1])  # the epoch in which it was noticed
    assert rate == 7.25
    assert named == pytest.approx(stable, rel=0.02)


def mirrored(X):
    """Each row twice, with a target and its negative.

    The optimum is 0, and the curvature there, of every row, the largest that the loss has.
    """
    return np.vstack([X, X]), np.repeat([1.0, -1.0], len(X))


CURVED = [name for name, row in LOSSES.items() if row.curvature]


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", CURVED)
def test_two_percent_below_the_named_rate_converge_and_two_above_do_not(loss, optimizer, seed):
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((40, D)) * rng.uniform(0.5, 2.0, D)
    rows, y = mirrored(table)
    run = {"variant": "batch", "loss": loss, "optimizer": optimizer}
    named = numbers_in(watched(rows, y, learning_rate=1e15, coef_init=[1.0] * D, **run)[1])[-1]
    A = np.column_stack([rows, np.ones(len(rows))])
    top = np.linalg.eigh(A.T @ A / len(A))[1][:, -1]
    start = {"coef_init": 1e-6 * top[:-1], "intercept_init": 1e-6 * top[-1]}
    lengths = []
    for factor in (0.98, 1.02):
        run |= {"learning_rate": factor * named, "max_iter": 800, "record_path": True}
        result, _ = watched(rows, y, **run, **start)
        lengths.append(np.linalg.norm(result.path[-1]))
    assert lengths[0] < 1e-7 and not lengths[1] < 1e-5


# --------------------------------------------------------------------------------- what is returned


def bits(result):
    return np.append(result.coef_, result.intercept_).tobytes()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_last_good_coefficients_lie_on_the_path_before_the_end(variant):
    size = {"batch_size": SIZE} if variant == "minibatch" else {}
    result, message = watched(
        X, Y, variant, learning_rate=5.0, random_state=0, record_path=1, max_iter=500, **size
    )
    assert message
    on_path = [k for k, point in enumerate(result.path) if point.tobytes() == bits(result)]
    assert len(on_path) == 1 and on_path[0] < len(result.path) - 1
    objective = naive.objective(X, Y, result.coef_, result.intercept_, loss=naive.squared_error)
    assert result.objective == pytest.approx(objective, rel=1e-9)


@pytest.mark.parametrize("loss", ["log_loss", "hinge", "squared_hinge", "modified_huber"])
def test_the_last_good_coefficients_are_not_worse_than_the_start(loss):
    """A row on the right side says nothing of the others."""
    result, message = watched(
        1e30 * X, SIGNS, "stochastic", loss=loss, learning_rate=0.1, random_state=0
    )
    assert message
    assert result.objective <= TOO_FAR * result.history["loss"][0]


RIGHT_SIDE = [("hinge", variant, rows) for variant in VARIANTS for rows in (3, N)]
RIGHT_SIDE += [(loss, "batch", N) for loss in ("squared_hinge", "modified_huber", "log_loss")]


@pytest.mark.parametrize(("loss", "variant", "rows"), RIGHT_SIDE)
def test_predictions_that_overflow_are_no_perfect_fit(loss, variant, rows):
    """On the right side infinity costs nothing: no loss, no slope, finite coefficients.

    In stochastic descent, three rows are met one by one and 24 four at a time.
    """
    table = (1e200 * np.abs(X) * SIGNS[:, np.newaxis])[:rows]
    size = {"batch_size": 2} if variant == "minibatch" else {}
    for epochs in (1, 2, 5):
        result, message = watched(
            table, SIGNS[:rows], variant, loss=loss, learning_rate=1e100, fit_intercept=False,
            max_iter=epochs, random_state=0, **size,
        )  # fmt: skip
        assert "diverged" in message
        assert result.stop_reason is fastgd.StopReason.DIVERGED
        assert result.objective != 0.0
    assert result.n_iter_ <= 2  # it is seen with the next visits
    assert np.isfinite(result.objective)


@pytest.mark.parametrize("epochs", [1, 30])
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_a_single_prediction_that_overflows_is_seen_at_once(variant, place, epochs):
    """Of four rows taken together, whichever it is; its own loss is zero."""
    table = 1e10 * np.abs(X[:4]) * SIGNS[:4, np.newaxis]
    table[place] *= 1e290
    size = {"batch_size": 2} if variant == "minibatch" else {}
    result, message = watched(
        table, SIGNS[:4], variant, loss="hinge", learning_rate=1.0, fit_intercept=False,
        shuffle=False, max_iter=epochs, **size,
    )  # fmt: skip
    assert message
    assert result.n_iter_ <= 1
    assert np.isfinite(result.objective)


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adagrad"])
@pytest.mark.parametrize("steps", [5, 31])
def test_a_point_is_good_once_its_loss_is_known(steps, optimizer):
    """A step that leads from near the optimum to nowhere: what is returned is near the optimum."""
    rate = 0.05 if optimizer != "adagrad" else 0.5
    result, message = watched(
        X, Y, "batch", optimizer=optimizer, max_iter=60, coef_init=[100.0, 100.0, 100.0],
        learning_rate=lambda t: np.where(t <= steps, rate, 1e12), record_path=1,
    )  # fmt: skip
    assert message
    assert bits(result) == result.path[steps].tobytes()
    start = naive.objective(X, Y, np.full(D, 100.0), 0.0, loss=naive.squared_error)
    assert result.objective < start


# ----------------------------------------------------------------------------------- no false alarm


def good_problem(rng):
    """A table as they come: correlated, of several scales, heavy-tailed, rare columns, sorted."""
    n, d = int(rng.integers(12, 60)), int(rng.integers(1, 6))
    Z = rng.standard_normal((n, d))
    if rng.random() < 0.3:
        Z = rng.standard_t(2.5, (n, d))
    Z = Z @ (np.eye(d) + rng.uniform(0, 2) * rng.standard_normal((d, d)))
    if rng.random() < 0.3:
        Z[:, 0] = np.arange(n) < 2  # a rare category
    Z = Z * 10.0 ** rng.uniform(-2, 2, d) + rng.choice([0.0, 3.0]) * rng.standard_normal(d)
    signal = (Z - Z.mean(axis=0)) @ (rng.standard_normal(d) / (Z.std(axis=0) + 1e-9))
    y = signal + rng.uniform(0, 2) * rng.standard_t(2.5, n)
    if rng.random() < 0.3:
        order = np.argsort(y)
        Z, y = Z[order], y[order]
    return Z, y


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@pytest.mark.parametrize("seed", range(20))
def test_a_good_run_raises_no_alarm(seed):
    """200 problems, at 0.2 to 0.9 of a stable rate and self-tuned."""
    rng = np.random.default_rng(seed)
    for k in range(10):
        Z, y = good_problem(rng)
        n, variant = len(y), VARIANTS[(seed + k) % 3]
        loss = [*LOSSES][(seed + k // 2) % len(LOSSES)]
        optimizer = [*OPTIMIZERS][0 if COMPILED else int(rng.integers(3))]
        target = np.where(y > np.median(y), 1, 0) if LOSSES[loss].target == "binary" else y
        far_above = None
        if naive.LOSSES[loss].takes_positive:  # whose second derivatives grow with the targets
            target = naive.LOSSES[loss].targets(y)
            far_above = 10.0 * max(target.max(), 1.0 / target.min())
        elif LOSSES[loss].target == "real":
            target = rng.choice([1e-6, 1.0, 1e6]) * y + rng.choice([0.0, 1e3])
        run = {"loss": loss, "random_state": k, "shuffle": bool(rng.random() < 0.7)}
        size = {"batch_size": int(rng.integers(1, n))} if variant == "minibatch" else {}
        mu = OPTIMIZERS[optimizer]
        stable = stable_rate(Z, variant, size.get("batch_size", 1), optimizer, mu)
        if variant != "batch":
            stable *= 1 - mu  # what remembers a step takes it 1 / (1 - mu) times
        if not LOSSES[loss]().smooth:  # a step should be short beside the targets' distances
            far = np.abs(target - np.median(target)).mean() if LOSSES[loss].target == "real" else 1
            stable = 0.1 * far * (1 - mu) / (1 + np.sum(Z**2, axis=1).max())
        rate = rng.uniform(0.2, 0.9) * stable / (LOSSES[loss].curvature or far_above or 1.0)
        for choice in ({"learning_rate": rate, "optimizer": optimizer}, {}):
            result = fastgd.fit(Z, target, variant, max_iter=15, **run, **size, **choice)
            assert result.stop_reason is not fastgd.StopReason.DIVERGED
            assert np.isfinite(result.coef_).all()


A = np.column_stack([X, np.ones(N)])
OPTIMUM = np.linalg.lstsq(A, Y, rcond=None)[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_that_begins_at_the_optimum_raises_no_alarm(variant, optimizer, dtype):
    """It rises to where the noise of its steps keeps it, and stays there; `batch` rests."""
    start = {"coef_init": OPTIMUM[:-1], "intercept_init": OPTIMUM[-1]}
    for rate in (0.001, 0.01, 0.1 if optimizer == "gd" else 0.02):
        for epochs in (1, 4, 40):
            result = fastgd.fit(
                X.astype(dtype), Y.astype(dtype), variant, optimizer=optimizer, **start,
                learning_rate=rate, max_iter=epochs, random_state=epochs,
            )  # fmt: skip
            assert result.stop_reason is fastgd.StopReason.MAX_ITER


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_slow_runs_raise_no_alarm(variant, fit_intercept, offset):
    """Targets far from zero; targets that are noise; one epoch, or some."""
    noise = np.random.default_rng(1).standard_normal(N)
    for y in (Y, noise, noise - noise.mean()):
        for epochs in (1, 3, 30):
            result = fastgd.fit(
                X, y + offset, variant, fit_intercept=fit_intercept, learning_rate=1e-3,
                max_iter=epochs, random_state=0,
            )  # fmt: skip
            assert result.stop_reason is fastgd.StopReason.MAX_ITER


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fit_that_is_worse_than_a_constant_says_so(variant):
    """It began farther away, and is not there yet: no divergence, and no success either."""
    run = {"optimizer": "adam", "coef_init": [50.0] * D, "max_iter": 2, "tol": None}
    result = fastgd.fit(X, Y, variant, random_state=0, **run)
    assert result.stop_reason is fastgd.StopReason.MAX_ITER
    assert result.objective > 0.5 * np.var(Y)
    assert "best constant prediction" in result.summary()
    near = fastgd.fit(X, Y, variant, random_state=0)
    assert near.objective < 0.5 * np.var(Y) and "constant prediction" not in near.summary()


# ------------------------------------------------------------------ a little too large, a few steps

RISES = {
    "a lecture's ten steps": ("batch", 2e-4 / 1.51e-4, {"max_iter": 10}),
    "just above 2 / L": ("batch", 1.05, {"max_iter": 100}),
    "3 / L": ("batch", 1.5, {"max_iter": 20}),
    "one step": ("batch", 2.5, {"max_iter": 1}),
    "momentum": ("batch", 1.3, {"max_iter": 20, "optimizer": fastgd.Momentum(mu=0.5)}),
    "nesterov": ("batch", 1.3, {"max_iter": 20, "optimizer": fastgd.Nesterov(mu=0.5)}),
    "from X'X": ("batch", 1.5, {"max_iter": 20, "route": "gram"}),
    "a penalty": ("batch", 1.5, {"max_iter": 20, "alpha": 0.01, "l1_ratio": 0.5}),
    "weights": ("batch", 1.5, {"max_iter": 20, "sample_weight": np.arange(200) + 100}),
    "a callback": ("batch", 1.5, {"max_iter": 99, "callback": lambda at: at.epoch == 9}),
    "mini-batches": ("minibatch", 1.6, {"max_iter": 5, "batch_size": 50}),
    "row by row": ("stochastic", 3.0, {"max_iter": 2}),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("variant", "factor", "run"), RISES.values(), ids=RISES)
def test_a_rise_of_the_objective_is_told_however_small(variant, factor, run, dtype):
    """X = 0, 1, ... 199 and y = 2 X; the start is returned, the history keeps the truth."""
    table = np.arange(200.0)[:, None]
    optimizer = run.get("optimizer", fastgd.GD())
    rate = factor * stable_rate(
        table, variant, run.get("batch_size", 1), optimizer.name, getattr(optimizer, "mu", 0.0)
    )
    result, message = watched(
        table.astype(dtype), 2 * table[:, 0], variant, learning_rate=rate, random_state=0, **run
    )
    assert "diverged" in message and f"learning_rate={rate:.3g}" in message
    assert result.history["loss"][-1] > result.history["loss"][0] or result.t_ == 1
    start = np.average(2 * table[:, 0] ** 2, weights=run.get("sample_weight"))
    assert result.objective <= start * (1 + 1e-6)
    assert result.converged is None


def test_what_is_returned_after_a_rise_is_the_better_of_the_start_and_the_last_good_point():
    table = np.arange(200.0)[:, None]
    result, message = watched(table, 2 * table[:, 0], "batch", learning_rate=2e-4, max_iter=10)
    assert "rose from 2.65e+04 to 5.7" in message
    assert (result.coef_[0], result.intercept_) == (0.0, 0.0)
    assert result.objective == 26467.0


@pytest.mark.parametrize("constant", [0.0, -50.0])
def test_a_loss_of_negative_values_raises_no_alarm(constant):
    """Without the term y²/2, squared error is 0 at z = 0 and negative at the optimum."""

    def shifted(z, y):
        return 0.5 * z * z - z * y + constant, z - y

    run = {"learning_rate": 0.05, "max_iter": 30, "random_state": 0}
    ours = fastgd.fit(X, Y, "stochastic", loss=shifted, **run)
    usual = fastgd.fit(X, Y, "stochastic", **run)
    assert ours.stop_reason is fastgd.StopReason.MAX_ITER
    np.testing.assert_allclose(ours.coef_, usual.coef_, rtol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fit_that_is_exact_from_the_start_raises_no_alarm(variant):
    for coef in (np.array([1.0, -2.0, 0.5]), np.zeros(D)):
        result = fastgd.fit(X, X @ coef, variant, learning_rate=0.05, max_iter=9, coef_init=coef)
        assert result.stop_reason is fastgd.StopReason.MAX_ITER
        np.testing.assert_allclose(result.coef_, coef, atol=1e-14)


# --------------------------------------------------------------------------------------- self-tuned


@pytest.mark.compiled
@pytest.mark.parametrize("loss", ["squared_error", "log_loss", "absolute_error", "hinge"])
@pytest.mark.parametrize("scale", [1e4, 1e30])
@pytest.mark.parametrize("variant", VARIANTS)
def test_self_tuned_fits_bear_any_scale(variant, scale, loss):
    """And a penalty of 0; the objective is near that of the table as it was."""
    y = targets(loss) if loss == "squared_error" else np.sign(X @ [1.0, -2.0, 0.5] + 0.1)
    run = {"loss": loss, "max_iter": 200, "tol": None, "random_state": 0}
    small, large = (fastgd.fit(factor * X, y, variant, **run) for factor in (1.0, scale))
    start = large.loss_.function(0.0, 1.0, large.loss_.parameters)[0]
    if loss in ("squared_error", "absolute_error"):
        start = np.mean([large.loss_.function(0.0, t, ())[0] for t in y])
    assert start - large.objective > 0.5 * (start - small.objective)
    assert np.isfinite(large.coef_).all()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", [1e200, np.float32(1e30)])
def test_a_self_tuned_fit_that_is_hopeless_is_no_silent_success(variant, scale):
    """Squares of these overflow: until columns are scaled, an error and not a wrong fit."""
    table = (scale * X).astype(type(scale))
    with pytest.raises(ValueError, match="X is too large: its squares overflow"):
        fastgd.fit(table, Y, variant, random_state=0)
