"""Textbook mode is sacred: `fastgd.fit` with a learning rate is naive.descend, step for step.

Plain Python (NUMBA_DISABLE_JIT=1) runs the whole product of choices, compiled code a subset: three
losses in which every pair of choices occurs, the others once in each variant, since every kernel
takes a second to compile.
"""

import itertools
import warnings

import naive
import numba
import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.svm import LinearSVC

import fastgd

BATCH_SIZE = 4  # does not divide the number of visits: the last batch of an epoch is short

PAIRED = {
    "squared_error": (fastgd.SquaredError(), naive.squared_error),
    "huber": (fastgd.Huber(delta=0.8), naive.huber(0.8)),
    "log_loss": (fastgd.LogLoss(), naive.log_loss),
}
OTHERS = {
    "absolute_error": (fastgd.AbsoluteError(), naive.absolute_error),
    "quantile": (fastgd.Quantile(quantile=0.8), naive.quantile(0.8)),
    "epsilon_insensitive": (
        fastgd.EpsilonInsensitive(epsilon=0.4),
        naive.epsilon_insensitive(0.4),
    ),
    "squared_epsilon_insensitive": (
        fastgd.SquaredEpsilonInsensitive(epsilon=0.4),
        naive.squared_epsilon_insensitive(0.4),
    ),
    "hinge": (fastgd.Hinge(), naive.hinge),
    "squared_hinge": (fastgd.SquaredHinge(), naive.squared_hinge),
    "modified_huber": (fastgd.ModifiedHuber(), naive.modified_huber),
    "poisson": (fastgd.Poisson(), naive.poisson),
    "gamma": (fastgd.Gamma(), naive.gamma),
    "tweedie": (fastgd.Tweedie(power=1.3), naive.tweedie(1.3)),
}
LOSSES = {**PAIRED, **OTHERS}
TAKING_LABELS = [name for name in LOSSES if naive.LOSSES[name].takes_labels]
TAKING_POSITIVE = [name for name in LOSSES if naive.LOSSES[name].takes_positive]
TAKING_NUMBERS = [name for name in LOSSES if name not in TAKING_LABELS + TAKING_POSITIVE]
LEARNING_RATES = {
    "gd": 0.1,
    "momentum": 0.05,
    "nesterov": 0.05,
    "adagrad": 0.3,
    "rmsprop": 0.02,
    "adam": 0.05,
}
OPTIMIZERS = list(LEARNING_RATES)
VARIANTS = ["batch", "stochastic", "minibatch"]
PENALTIES = {
    "no penalty": {"alpha": 0.0, "l1_ratio": 0.0},
    "l2": {"alpha": 0.3, "l1_ratio": 0.0},
    "elastic net": {"alpha": 0.3, "l1_ratio": 0.6},
}


class Data:
    """A small table with a regression target, a target of labels -1 and +1, and weights."""

    def __init__(self, n=11, d=3, seed=0):
        rng = np.random.default_rng(seed)
        self.X = rng.standard_normal((n, d))
        signal = self.X @ np.linspace(-1.0, 2.0, d) + 0.5
        self.regression = signal + 0.3 * rng.standard_normal(n)
        self.labels = np.where(signal + rng.logistic(size=n) > 0, 1.0, -1.0)
        self.weights = rng.uniform(0.2, 2.0, n)
        self.weights[1] = 0.0  # no loss, and still a visit

    def target(self, loss="squared_error"):
        if loss in TAKING_LABELS:
            return self.labels
        return naive.LOSSES[loss].targets(self.regression) if loss in LOSSES else self.regression


TINY = Data()


def permutations(n, n_epochs, seed=0):
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(n) for _ in range(n_epochs)])


def both_paths(X, y, variant="batch", *, loss="squared_error", optimizer="gd", order, **settings):
    """The path of fastgd.fit and that of naive.descend under the same settings."""
    ours, twin = LOSSES[loss] if isinstance(loss, str) else (loss, loss)
    settings.setdefault("learning_rate", LEARNING_RATES[optimizer])
    if variant == "minibatch":
        settings.setdefault("batch_size", BATCH_SIZE)
    expected = naive.descend(
        X, y, loss=twin, optimizer=optimizer, variant=variant, order=order, **settings
    )
    hyper = settings.pop("hyper", None)
    chosen = optimizer if hyper is None else OBJECTS[optimizer](**hyper)
    visits = {"max_iter": len(order)} if variant == "batch" else {"shuffle": order}
    with warnings.catch_warnings():  # a path keeps the truth, wherever it leads
        warnings.simplefilter("ignore", fastgd.DivergenceWarning)
        result = fastgd.fit(
            X, y, variant, loss=ours, optimizer=chosen, record_path=1, **visits, **settings
        )
    np.testing.assert_array_equal(result.path_steps, np.arange(len(expected)))
    return result.path, expected


def assert_same(path, expected, tolerance=1e-12):
    """Equal to rounding, relative to the largest coefficient on the way."""
    assert path.shape == expected.shape
    np.testing.assert_allclose(path, expected, rtol=0, atol=tolerance * np.abs(expected).max())


# ---------------------------------------------------- every loss x optimizer x variant x penalty


def pairwise(*factors):
    """A short list of combinations in which every two levels of two factors occur together."""
    candidates = list(itertools.product(*factors))
    pairs = {
        combination: set(itertools.combinations(enumerate(combination), 2))
        for combination in candidates
    }
    missing, chosen = set().union(*pairs.values()), []
    while missing:
        best = max(candidates, key=lambda combination: len(pairs[combination] & missing))
        chosen.append(best)
        missing -= pairs[best]
    return chosen


CHOICES = (OPTIMIZERS, VARIANTS, PENALTIES, [False, True], [True, False])
COMBINATIONS = (
    list(itertools.product(LOSSES, *CHOICES))
    if numba.config.DISABLE_JIT
    else [
        *pairwise(PAIRED, *CHOICES),
        *itertools.product(OTHERS, ["gd"], VARIANTS, ["no penalty"], [True], [True]),
    ]
)


def test_no_loss_is_left_out():
    assert {name: ours.name for name, (ours, _) in LOSSES.items()} == {
        name: name for name in fastgd.losses.LOSSES
    }


@pytest.mark.parametrize(
    ("loss", "optimizer", "variant", "penalty", "weighted", "fit_intercept"), COMBINATIONS
)
def test_path_is_the_naive_path(loss, optimizer, variant, penalty, weighted, fit_intercept):
    path, expected = both_paths(
        TINY.X,
        TINY.target(loss),
        variant,
        loss=loss,
        optimizer=optimizer,
        order=permutations(11, 8 if variant == "batch" else 3),
        sample_weight=TINY.weights if weighted else None,
        fit_intercept=fit_intercept,
        coef_init=[0.5, -0.1, 0.2],
        **PENALTIES[penalty],
    )
    assert path.shape[1] == 3 + fit_intercept
    assert_same(path, expected)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_thousand_steps_end_where_the_naive_loop_ends(optimizer, variant):
    """max|dw| <= 1e-12 max|w|; batch RMSprop, whose dynamics amplify rounding, 200 steps.

    No path is recorded here, so the kernels that are built for speed are the ones that run.
    """
    data = Data(n=40, d=5, seed=4)
    n_epochs = {"batch": 200 if optimizer == "rmsprop" else 1000, "stochastic": 25}.get(
        variant, 167
    )
    order = permutations(40, n_epochs)
    settings = {"learning_rate": LEARNING_RATES[optimizer] / 2}
    if variant == "minibatch":
        settings["batch_size"] = 7
    expected = naive.descend(
        data.X, data.regression, optimizer=optimizer, variant=variant, order=order, **settings
    )
    visits = {"max_iter": n_epochs} if variant == "batch" else {"shuffle": order}
    result = fastgd.fit(data.X, data.regression, variant, optimizer=optimizer, **visits, **settings)
    assert result.t_ == len(expected) - 1 >= (200 if optimizer == "rmsprop" else 1000)
    assert_same(np.append(result.coef_, result.intercept_), expected[-1])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", OTHERS)
def test_each_of_a_thousand_steps_is_the_naive_step_from_where_the_run_was(loss, variant):
    """Step maps: where a slope jumps, two runs part for good once rounding parts them."""
    data = Data(n=40, d=5, seed=4)
    n_epochs = {"batch": 1000, "stochastic": 25, "minibatch": 167}[variant]
    order = permutations(40, n_epochs)
    rate = 0.01 if loss in TAKING_POSITIVE else 0.05
    settings = {"learning_rate": rate, "sample_weight": data.weights}
    if variant == "minibatch":
        settings["batch_size"] = 7
    visits = {"max_iter": n_epochs} if variant == "batch" else {"shuffle": order}
    ours, twin = LOSSES[loss]
    y = data.target(loss)
    path = fastgd.fit(data.X, y, variant, loss=ours, record_path=1, **visits, **settings).path
    expected = naive.descend(
        data.X, y, loss=twin, variant=variant, order=order, beside=path, **settings
    )
    assert len(path) > 1000
    assert_same(path, expected)


@pytest.mark.parametrize(
    ("variant", "loss", "penalty"),
    [
        ("batch", "log_loss", "elastic net"),
        ("stochastic", "huber", "l2"),
        ("minibatch", "squared_error", "elastic net"),
    ],
)
def test_recording_the_path_does_not_change_the_run(variant, loss, penalty):
    """The final coefficients without a record are the path's last row."""
    settings = {
        "loss": LOSSES[loss][0],
        "learning_rate": 0.1,
        "random_state": 3,
        "max_iter": 5,
        **PENALTIES[penalty],
    }
    plain = fastgd.fit(TINY.X, TINY.target(loss), variant, **settings)
    recorded = fastgd.fit(TINY.X, TINY.target(loss), variant, record_path=1, **settings)
    end = np.append(plain.coef_, plain.intercept_)
    assert_same(np.append(recorded.coef_, recorded.intercept_), end)
    assert_same(recorded.path[-1], end)
    assert plain.n_iter_ == recorded.n_iter_ == 5
    assert plain.t_ == recorded.t_ == len(recorded.path) - 1


def test_record_path_of_k_keeps_every_kth_step():
    settings = {"learning_rate": 0.05, "random_state": 0, "max_iter": 4}
    every = fastgd.fit(TINY.X, TINY.regression, "stochastic", record_path=1, **settings)
    some = fastgd.fit(TINY.X, TINY.regression, "stochastic", record_path=4, **settings)
    np.testing.assert_array_equal(some.path_steps, np.arange(0, 45, 4))
    assert_same(some.path, every.path[::4])


@pytest.mark.parametrize(
    ("loss", "targets", "end"),
    [
        (fastgd.Hinge(), [1, 1, -1], 2.0),  # it still steps at yz = 1
        (fastgd.SquaredHinge(), [1, 1, -1], 2.0),  # one step of 2
        (fastgd.AbsoluteError(), [1.0, 1.0, -1.0], 1.0),  # it rests at r = 0
        (fastgd.EpsilonInsensitive(epsilon=0.5), [1.5, 1.5, -1.5], 1.0),  # and at |r| = epsilon
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_row_at_a_kink(loss, targets, end):
    """Where scikit-learn's SGD ends too: see test_naive.py."""
    X = np.array([[1.0], [1.0], [-1.0]])
    result = fastgd.fit(
        X, targets, "stochastic", loss=loss, learning_rate=1.0, shuffle=False, max_iter=1,
        fit_intercept=False,
    )  # fmt: skip
    assert result.coef_[0] == end


# ------------------------------------------------------------------------------ variants and order


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_minibatch_of_all_rows_is_batch(optimizer):
    settings = {
        "optimizer": optimizer,
        "learning_rate": LEARNING_RATES[optimizer],
        "record_path": 1,
        "max_iter": 20,
    }
    batch = fastgd.fit(TINY.X, TINY.regression, "batch", **settings)
    whole = fastgd.fit(TINY.X, TINY.regression, "minibatch", batch_size=11, **settings)
    assert_same(whole.path, batch.path)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_minibatch_of_one_row_is_stochastic(optimizer):
    settings = {
        "optimizer": optimizer,
        "learning_rate": LEARNING_RATES[optimizer] / 2,
        "record_path": 1,
        "shuffle": permutations(11, 4),
    }
    stochastic = fastgd.fit(TINY.X, TINY.regression, "stochastic", **settings)
    single = fastgd.fit(TINY.X, TINY.regression, "minibatch", batch_size=1, **settings)
    assert stochastic.path.shape == (45, 4)
    assert_same(single.path, stochastic.path)


@pytest.mark.compiled
@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_work_that_is_cut_into_many_calls(variant, layout):
    """Wide rows make blocks and calls short: batches span them, and no row is lost between them."""
    n, d = 2203, 2000
    rng = np.random.default_rng(11)
    X = np.asarray(rng.standard_normal((n, d)) / np.sqrt(d), order=layout)
    y, weights = rng.standard_normal(n), rng.uniform(0.5, 1.5, n)
    n_epochs = 6 if variant == "batch" else 2
    orders = [fastgd.visiting_order(n, d, random_state=5, epoch=epoch) for epoch in range(n_epochs)]
    rate = 0.02 if variant == "stochastic" else 0.2
    settings = {"learning_rate": rate, "optimizer": "momentum", "sample_weight": weights}
    if variant == "minibatch":
        settings["batch_size"] = 7
    result = fastgd.fit(X, y, variant, max_iter=n_epochs, random_state=5, **settings)
    expected = naive.descend(X, y, variant=variant, order=np.array(orders), **settings)
    assert_same(np.append(result.coef_, result.intercept_), expected[-1])


@pytest.mark.compiled
def test_a_batch_step_is_one_step_however_many_calls_its_pass_takes():
    """Nine copies of a table have its path. Small integers keep 18 million values small."""
    rng = np.random.default_rng(12)
    X, y = rng.integers(-3, 4, (1000, 2000)).astype(np.int8), rng.standard_normal(1000)
    settings = {"learning_rate": 0.02, "optimizer": "momentum"}
    result = fastgd.fit(np.tile(X, (9, 1)), np.tile(y, 9), "batch", max_iter=6, **settings)
    expected = naive.descend(X, y, order=np.zeros((6, 0)), **settings)
    assert result.t_ == 6
    assert_same(np.append(result.coef_, result.intercept_), expected[-1])


@pytest.mark.parametrize("shuffle", [True, False, "replacement"])
@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_visiting_order_is_the_order_used(variant, shuffle):
    orders = [
        fastgd.visiting_order(11, 3, random_state=8, epoch=epoch, shuffle=shuffle)
        for epoch in range(3)
    ]
    size = {"batch_size": BATCH_SIZE} if variant == "minibatch" else {}
    result = fastgd.fit(
        TINY.X,
        TINY.regression,
        variant,
        learning_rate=0.1,
        shuffle=shuffle,
        random_state=8,
        max_iter=3,
        record_path=1,
        **size,
    )
    expected = naive.descend(
        TINY.X,
        TINY.regression,
        variant=variant,
        learning_rate=0.1,
        order=np.array(orders),
        **size,
    )
    assert_same(result.path, expected)


@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_an_injected_order_may_repeat_and_skip_rows(variant):
    """Seven visits an epoch, three rows a batch: the last batch is one row, its own mean."""
    order = np.array([[0, 0, 5, 10, 5, 2, 7], [9, 1, 1, 1, 4, 3, 3]])
    size = {"batch_size": 3} if variant == "minibatch" else {}
    path, expected = both_paths(
        TINY.X, TINY.regression, variant, optimizer="adam", order=order, **size
    )
    assert len(path) == 1 + 2 * (3 if variant == "minibatch" else 7)
    assert_same(path, expected)


@pytest.mark.parametrize("variant", VARIANTS)
def test_average_is_the_mean_of_all_iterates(variant):
    """Polyak, Ruppert: the mean over the points after each step; the path keeps raw iterates."""
    settings = {"learning_rate": 0.1, "max_iter": 4, "random_state": 1, "batch_size": BATCH_SIZE}
    if variant != "minibatch":
        del settings["batch_size"]
    raw = fastgd.fit(TINY.X, TINY.regression, variant, record_path=1, average=False, **settings)
    mean = fastgd.fit(TINY.X, TINY.regression, variant, average=True, **settings)
    both = fastgd.fit(TINY.X, TINY.regression, variant, record_path=1, average=True, **settings)
    expected = raw.path[1:].mean(axis=0)
    assert_same(np.append(mean.coef_, mean.intercept_), expected)
    assert_same(np.append(both.coef_, both.intercept_), expected)
    assert_same(both.path, raw.path)


# ---------------------------------------------------------------------------------- sample weights


@pytest.mark.parametrize("loss", LOSSES)
def test_weights_are_repeated_rows_for_batch(loss):
    """Weight 0 drops a row, 3 repeats it three times: the same path."""
    times = np.array([1, 0, 3, 2, 1, 1, 0, 2, 1, 4, 1])
    settings = {
        "loss": LOSSES[loss][0],
        "learning_rate": 0.2,
        "max_iter": 30,
        "record_path": 1,
        **PENALTIES["elastic net"],
    }
    X, y = TINY.X, TINY.target(loss)
    weighted = fastgd.fit(X, y, "batch", sample_weight=times, **settings)
    repeated = fastgd.fit(np.repeat(X, times, axis=0), np.repeat(y, times), "batch", **settings)
    assert_same(weighted.path, repeated.path)


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_the_ratios_of_weights_matter(variant):
    settings = {"order": permutations(11, 3), "optimizer": "momentum", "learning_rate": 0.01}
    path, expected = both_paths(
        TINY.X, TINY.regression, variant, sample_weight=7.3 * TINY.weights, **settings
    )
    assert_same(path, expected)
    same, _ = both_paths(TINY.X, TINY.regression, variant, sample_weight=TINY.weights, **settings)
    assert_same(same, path)


def test_a_row_of_weight_zero_is_still_a_visit():
    """Its step has no gradient, and momentum moves on."""
    result = fastgd.fit(
        TINY.X,
        TINY.regression,
        "stochastic",
        optimizer="momentum",
        learning_rate=0.05,
        shuffle=np.array([[0, 1, 1]]),
        sample_weight=TINY.weights,
        record_path=1,
    )
    steps = np.diff(result.path, axis=0)
    assert np.all(steps[0] != 0)
    np.testing.assert_allclose(steps[1], 0.9 * steps[0], rtol=1e-13)
    np.testing.assert_allclose(steps[2], 0.81 * steps[0], rtol=1e-13)


# -------------------------------------------------------------- symmetries of the losses and data


def path_of(loss, y, variant, **settings):
    """The path of a short run on the tiny table, its weights included."""
    size = {"batch_size": BATCH_SIZE} if variant == "minibatch" else {}
    settings = {"learning_rate": 0.1, "sample_weight": TINY.weights, **size, **settings}
    return fastgd.fit(
        TINY.X, y, variant, loss=loss, record_path=1, max_iter=6, random_state=2, **settings
    ).path


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", TAKING_LABELS)
def test_swapped_labels_turn_the_coefficients_round(loss, variant):
    loss = LOSSES[loss][0]
    assert_same(path_of(loss, -TINY.labels, variant), -path_of(loss, TINY.labels, variant))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", TAKING_NUMBERS)
def test_a_constant_added_to_the_targets_is_added_to_the_intercept(loss, variant):
    loss = LOSSES[loss][0]
    moved = path_of(loss, TINY.regression + 3.0, variant, intercept_init=3.0)
    assert_same(moved, path_of(loss, TINY.regression, variant) + np.array([0, 0, 0, 3.0]))


SCALED = {  # the loss in units c times smaller, and the power of c that its slope grows with
    "squared_error": (lambda c: fastgd.SquaredError(), 1),
    "huber": (lambda c: fastgd.Huber(delta=0.8 * c), 1),
    "absolute_error": (lambda c: fastgd.AbsoluteError(), 0),
    "quantile": (lambda c: fastgd.Quantile(quantile=0.8), 0),
    "epsilon_insensitive": (lambda c: fastgd.EpsilonInsensitive(epsilon=0.4 * c), 0),
    "squared_epsilon_insensitive": (
        lambda c: fastgd.SquaredEpsilonInsensitive(epsilon=0.4 * c),
        1,
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", TAKING_NUMBERS)
def test_targets_in_other_units_are_fitted_by_coefficients_in_those_units(loss, variant):
    """Delta and epsilon are in units of y; a slope that has none needs the rate to have them."""
    scaled, power = SCALED[loss]
    c = 10.0
    rate = 0.1 * c ** (1 - power)
    assert_same(
        path_of(scaled(c), c * TINY.regression, variant, learning_rate=rate),
        c * path_of(scaled(1.0), TINY.regression, variant),
    )


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", TAKING_POSITIVE)
def test_targets_times_a_constant_add_its_logarithm_to_the_intercept(loss, variant):
    """The deviance of c y from c mean is c^(2 - power) times that of y from the mean."""
    c, y = 10.0, TINY.target(loss)
    growth = c ** {"poisson": 1.0, "gamma": 0.0, "tweedie": 0.7}[loss]
    moved = path_of(
        LOSSES[loss][0], c * y, variant, intercept_init=np.log(c), learning_rate=0.05 / growth
    )
    expected = path_of(LOSSES[loss][0], y, variant, learning_rate=0.05)
    assert_same(moved, expected + np.array([0, 0, 0, np.log(c)]))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_quantile_of_the_negative_targets_is_the_other_quantile(variant):
    low = path_of(fastgd.Quantile(quantile=0.2), -TINY.regression, variant)
    assert_same(low, -path_of(fastgd.Quantile(quantile=0.8), TINY.regression, variant))


# ---------------------------------------------------------- starts, rates, hyper-parameters, types


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_start_is_the_given_start(variant, fit_intercept):
    start = {"coef_init": np.array([1.0, -2.0, 0.25])}
    if fit_intercept:
        start["intercept_init"] = 0.75
    untouched = start["coef_init"].copy()
    path, expected = both_paths(
        TINY.X,
        TINY.regression,
        variant,
        order=permutations(11, 2),
        fit_intercept=fit_intercept,
        **start,
    )
    np.testing.assert_array_equal(path[0], [1.0, -2.0, 0.25, 0.75][: 3 + fit_intercept])
    assert_same(path, expected)
    np.testing.assert_array_equal(start["coef_init"], untouched)


def test_without_an_intercept_there_is_none():
    result = fastgd.fit(
        TINY.X, TINY.regression, "batch", learning_rate=0.1, max_iter=3, fit_intercept=False
    )
    assert result.intercept_ == 0.0
    assert result.coef_.shape == (3,)


@pytest.mark.parametrize("variant", VARIANTS)
def test_callable_learning_rate(variant):
    """It gets arrays of step numbers, counted from 1 over the whole run."""
    path, expected = both_paths(
        TINY.X,
        TINY.regression,
        variant,
        order=permutations(11, 4),
        learning_rate=lambda t: 0.2 / (1.0 + 0.1 * t) ** 0.75,
    )
    assert_same(path, expected)


SCHEDULES = {
    "constant": (fastgd.Constant(eta0=0.07), lambda t: 0.07 + 0.0 * t),
    "inverse scaling": (
        fastgd.InverseScaling(eta0=0.2, power_t=0.4),
        lambda t: 0.2 / t**0.4,
    ),
    "exponential": (
        fastgd.Exponential(eta0=0.2, gamma=0.9),
        lambda t: 0.2 * 0.9 ** (t - 1),
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_objects_count_steps_from_one(name, variant):
    schedule, formula = SCHEDULES[name]
    order = permutations(11, 3)
    size = {"batch_size": BATCH_SIZE} if variant == "minibatch" else {}
    visits = {"max_iter": 3} if variant == "batch" else {"shuffle": order}
    result = fastgd.fit(
        TINY.X, TINY.regression, variant, learning_rate=schedule, record_path=1, **visits, **size
    )
    expected = naive.descend(
        TINY.X, TINY.regression, variant=variant, learning_rate=formula, order=order, **size
    )
    assert_same(result.path, expected)


OBJECTS = {
    "momentum": fastgd.Momentum,
    "nesterov": fastgd.Nesterov,
    "adagrad": fastgd.AdaGrad,
    "rmsprop": fastgd.RMSprop,
    "adam": fastgd.Adam,
}
UNUSUAL = {
    "momentum": {"mu": 0.6},
    "nesterov": {"mu": 0.3},
    "adagrad": {"eps": 0.1},
    "rmsprop": {"rho": 0.8, "eps": 0.01},
    "adam": {"beta_1": 0.7, "beta_2": 0.95, "eps": 0.02},
}


@pytest.mark.parametrize("penalty", ["no penalty", "elastic net"])
@pytest.mark.parametrize("optimizer", UNUSUAL)
def test_hyper_parameters_reach_the_kernel(optimizer, penalty):
    path, expected = both_paths(
        TINY.X,
        TINY.regression,
        "minibatch",
        optimizer=optimizer,
        hyper=UNUSUAL[optimizer],
        order=permutations(11, 4),
        **PENALTIES[penalty],
    )
    assert_same(path, expected)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("optimizer", ["gd", "adam"])
def test_float32_follows_float64_to_its_own_rounding(optimizer, variant):
    X32 = TINY.X.astype(np.float32)
    order = permutations(11, 60 if variant == "batch" else 6)
    size = {"batch_size": BATCH_SIZE} if variant == "minibatch" else {}
    visits = {"max_iter": 60} if variant == "batch" else {"shuffle": order}
    rate = LEARNING_RATES[optimizer]
    result = fastgd.fit(
        X32, TINY.regression, variant, optimizer=optimizer, learning_rate=rate, **visits, **size
    )
    expected = naive.descend(
        X32,
        TINY.regression,
        optimizer=optimizer,
        variant=variant,
        learning_rate=rate,
        order=order,
        **size,
    )[-1]
    assert result.coef_.dtype == np.float32
    assert_same(np.append(result.coef_, result.intercept_), expected, tolerance=3e-5)


@pytest.mark.parametrize("labels", [(0, 1), (False, True), ("no", "yes"), (-1, 1), (7, 9)])
def test_log_loss_takes_any_two_labels(labels):
    """The larger label is the positive class; the path is that of -1 and +1."""
    y = np.array(labels)[(TINY.labels > 0).astype(int)]
    result = fastgd.fit(
        TINY.X, y, "batch", loss="log_loss", learning_rate=0.5, max_iter=20, record_path=1
    )
    expected = naive.descend(
        TINY.X, TINY.labels, loss=naive.log_loss, learning_rate=0.5, order=np.zeros((20, 0))
    )
    assert_same(result.path, expected)
    assert list(result.classes_) == list(labels)
    decision = TINY.X @ result.coef_ + result.intercept_
    np.testing.assert_array_equal(result.predict(TINY.X), result.classes_[(decision > 0) * 1])


# ---------------------------------------------------------------------------- a loss of the user's


def log_cosh(z, y):
    """Smooth, and linear far out."""
    residual = z - y
    return np.log(np.cosh(residual)), np.tanh(residual)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_users_own_loss(variant):
    path, expected = both_paths(
        TINY.X,
        TINY.regression,
        variant,
        loss=log_cosh,
        optimizer="momentum",
        order=permutations(11, 3),
        sample_weight=TINY.weights,
        **PENALTIES["elastic net"],
    )
    assert_same(path, expected)


def test_two_losses_of_one_name_are_not_mixed_up():
    """A compiled kernel belongs to the function object, not to its name."""

    def steep(z, y):
        return 2.0 * (z - y) ** 2, 4.0 * (z - y)

    def flat(z, y):
        return 0.25 * (z - y) ** 2, 0.5 * (z - y)

    flat.__name__, flat.__qualname__ = steep.__name__, steep.__qualname__
    settings = {"order": permutations(11, 2), "learning_rate": 0.1}
    for loss in (steep, flat):
        path, expected = both_paths(TINY.X, TINY.regression, "stochastic", loss=loss, **settings)
        assert_same(path, expected)


# ----------------------------------------------------------------- the optimum of an elastic net


def decaying(t):
    return 0.05 * 0.995**t


TO_THE_OPTIMUM = {  # learning rate, steps; constant where the proximal rate settles by itself
    "gd": (0.5, 800),
    "momentum": (0.1, 800),
    "nesterov": (0.1, 800),
    "adagrad": (0.5, 1200),
    "rmsprop": (decaying, 4000),
    "adam": (decaying, 4000),
}


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("loss", "alpha", "curvature"),
    [("squared_error", 0.3, 1.0), ("log_loss", 0.1, 0.25), ("squared_hinge", 0.3, 2.0)],
)
@pytest.mark.parametrize("optimizer", TO_THE_OPTIMUM)
def test_every_optimizer_rests_at_the_minimum_of_the_objective(optimizer, loss, alpha, curvature):
    """The proximal rate is right: the independent solver's optimum, its zeros included."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((30, 5))
    signal = X @ np.array([1.5, -1.0, 0.3, 0.0, 0.0]) + 0.4
    y = signal + 0.3 * rng.standard_normal(30)
    if loss in TAKING_LABELS:
        y = np.where(signal + rng.logistic(size=30) > 0, 1.0, -1.0)
    learning_rate, n_steps = TO_THE_OPTIMUM[optimizer]
    result = fastgd.fit(
        X,
        y,
        "batch",
        loss=LOSSES[loss][0],
        optimizer=optimizer,
        learning_rate=learning_rate,
        max_iter=n_steps,
        alpha=alpha,
        l1_ratio=0.6,
    )
    coef, intercept = naive.elastic_net(X, y, LOSSES[loss][1], alpha, 0.6, curvature=curvature)
    assert 0 < np.count_nonzero(coef) < 5
    np.testing.assert_array_equal(result.coef_ == 0, coef == 0)
    np.testing.assert_allclose(result.coef_, coef, rtol=0, atol=1e-8)
    assert result.intercept_ == pytest.approx(intercept, abs=1e-8)


# --------------------------------------------------------------------- the optimum, by other means


def with_scipy(data, loss, alpha):
    """The coefficients, then the intercept, at the minimum of a smooth objective."""
    X, y, s = data.X, data.target(loss), data.weights
    twin = LOSSES[loss][1]

    def objective_and_gradient(v):
        slope = s * twin(X @ v[:-1] + v[-1], y)[1] / s.sum()
        value = naive.objective(X, y, v[:-1], v[-1], loss=twin, alpha=alpha, sample_weight=s)
        return value, np.append(X.T @ slope + alpha * v[:-1], slope.sum())

    start = np.zeros(X.shape[1] + 1)
    return minimize(objective_and_gradient, start, jac=True, options={"gtol": 1e-9}).x


@pytest.mark.compiled
@pytest.mark.parametrize(
    "learning_rate",
    [0.2, fastgd.InverseScaling(eta0=0.4, power_t=0.25)],
    ids=["constant", "decaying"],
)
@pytest.mark.parametrize("loss", ["squared_epsilon_insensitive", "squared_hinge", "modified_huber"])
def test_batch_descent_reaches_the_optimum_that_scipy_finds(loss, learning_rate):
    data = Data(n=50, d=4, seed=6)
    result = fastgd.fit(
        data.X,
        data.target(loss),
        "batch",
        loss=LOSSES[loss][0],
        alpha=0.05,
        sample_weight=data.weights,
        learning_rate=learning_rate,
        max_iter=1500,
    )
    expected = with_scipy(data, loss, 0.05)
    assert_same(np.append(result.coef_, result.intercept_), expected, tolerance=1e-6)


@pytest.mark.compiled
def test_batch_descent_reaches_the_linear_support_vector_machine():
    """liblinear minimises |w|^2/2 + C sum of losses, so C = 1/(alpha n)."""
    data = Data(n=50, d=4, seed=6)
    peer = LinearSVC(C=1 / (0.05 * 50), dual=False, fit_intercept=False, tol=1e-12)
    result = fastgd.fit(
        data.X, data.labels, "batch", loss="squared_hinge", alpha=0.05, fit_intercept=False,
        learning_rate=0.2, max_iter=1500,
    )  # fmt: skip
    assert_same(result.coef_, peer.fit(data.X, data.labels).coef_[0], tolerance=1e-6)


PIECES = {  # losses that are the largest of a few lines in z: slopes and heights at z = 0
    "absolute_error": lambda y: [(1.0, -y), (-1.0, y)],
    "quantile": lambda y: [(0.2, -0.2 * y), (-0.8, 0.8 * y)],
    "epsilon_insensitive": lambda y: [(1.0, -y - 0.4), (-1.0, y - 0.4), (0.0, 0.0 * y)],
    "hinge": lambda y: [(-y, np.ones(len(y))), (0.0, 0.0 * y)],
}


def with_a_linear_program(data, loss):
    """The smallest objective: minimise the mean of t, t above every line of every row."""
    y, n = data.target(loss), len(data.X)
    A = np.column_stack([data.X, np.ones(n)])
    lines = [(slope * np.ones(n), height) for slope, height in PIECES[loss](y)]
    program = linprog(
        np.append(np.zeros(A.shape[1]), data.weights / data.weights.sum()),
        A_ub=np.vstack([np.hstack([slope[:, None] * A, -np.eye(n)]) for slope, _ in lines]),
        b_ub=-np.concatenate([height for _, height in lines]),
        bounds=(None, None),
    )
    return program.fun


@pytest.mark.compiled
@pytest.mark.parametrize("loss", PIECES)
def test_averaged_subgradient_descent_nears_the_optimum_of_the_linear_program(loss):
    """Theory promises an error of order log(t)/sqrt(t), these data a tenth of 1/sqrt(4000)."""
    data = Data(n=50, d=4, seed=6)
    settings = {"loss": LOSSES[loss][0], "sample_weight": data.weights}
    result = fastgd.fit(
        data.X,
        data.target(loss),
        "batch",
        learning_rate=fastgd.InverseScaling(eta0=1.0, power_t=0.5),
        average=True,
        max_iter=4000,
        **settings,
    )
    best, start = with_a_linear_program(data, loss), result.history["objective"][0]
    assert -1e-12 < (result.objective - best) / (start - best) < 1e-3


# ------------------------------------------------------------------------------------ scikit-learn


SGD_PEERS = {  # what scikit-learn calls the loss
    "absolute_error": {"loss": "epsilon_insensitive", "epsilon": 0.0},
    "epsilon_insensitive": {"loss": "epsilon_insensitive", "epsilon": 0.4},
    "squared_epsilon_insensitive": {"loss": "squared_epsilon_insensitive", "epsilon": 0.4},
    "hinge": {"loss": "hinge"},
    "squared_hinge": {"loss": "squared_hinge"},
    "modified_huber": {"loss": "modified_huber"},
}


@pytest.mark.parametrize("alpha", [0.0, 0.05] if numba.config.DISABLE_JIT else [0.0])
@pytest.mark.parametrize("loss", SGD_PEERS)
def test_stochastic_run_ends_where_scikit_learns_ends(loss, alpha):
    """To 1e-12, for weights of mean 1 and no L1."""
    data = Data(n=60, d=4, seed=5)
    weights = data.weights / data.weights.mean()
    make = SGDClassifier if loss in TAKING_LABELS else SGDRegressor
    peer = make(
        **SGD_PEERS[loss],
        penalty="l2",
        alpha=alpha,
        learning_rate="invscaling",
        eta0=0.05,
        power_t=0.25,
        shuffle=False,
        tol=None,
        max_iter=7,
    ).fit(data.X, data.target(loss), sample_weight=weights)
    ours = fastgd.fit(
        data.X,
        data.target(loss),
        "stochastic",
        loss=LOSSES[loss][0],
        alpha=alpha,
        learning_rate=fastgd.InverseScaling(eta0=0.05, power_t=0.25),
        shuffle=False,
        max_iter=7,
        sample_weight=weights,
    )
    np.testing.assert_allclose(ours.coef_, peer.coef_.ravel(), rtol=0, atol=1e-12)
    assert ours.intercept_ == pytest.approx(peer.intercept_[0], abs=1e-12)
