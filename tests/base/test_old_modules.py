"""Pickles that name modules by what they were called before they moved to wings."""

import importlib
import pickle
from pathlib import Path

import numpy as np
import pytest

import fastgd
from fastgd.base.old_modules import MOVED

PICKLE = Path(__file__).parents[1] / "models" / "before_wings.pickle"
RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 2))
y = X @ [1.0, 2.0]


def test_pickles_of_before_load():
    found = pickle.loads(PICKLE.read_bytes())
    again = fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=3)
    np.testing.assert_allclose(found["fit"].predict(X), again.predict(X), rtol=1e-12)
    assert found["classes"].predict(X).dtype == bool
    assert found["frame"].coef_names_.tolist() == ["a", "colour=red"]
    assert found["minimum"].nit == 3
    assert found["suggestion"].variant in ("batch", "minibatch")
    assert isinstance(found["search"], fastgd.LineSearch)
    assert isinstance(found["comparison"], fastgd.Comparison)


@pytest.mark.parametrize("name", MOVED)
def test_old_names_lead_to_the_modules(name):
    old, new = importlib.import_module(name), importlib.import_module(MOVED[name])
    classes = [value for value in vars(new).values() if isinstance(value, type)]
    assert classes
    assert all(getattr(old, value.__name__) is value for value in classes)
    with pytest.raises(AttributeError, match="nothing"):
        old.nothing  # noqa: B018


DEFINED = {  # where public classes were, in pickles that name the file of a class
    "fastgd.comparing.comparison": ["Comparison"],
    "fastgd.fitting.result": ["FitResult"],
    "fastgd.fitting.suggest": ["Suggestion"],
    "fastgd.losses.absolute_error": ["AbsoluteError"],
    "fastgd.losses.custom": ["CustomLoss"],
    "fastgd.losses.epsilon_insensitive": ["EpsilonInsensitive"],
    "fastgd.losses.hinge": ["Hinge"],
    "fastgd.losses.huber": ["Huber"],
    "fastgd.losses.log_loss": ["LogLoss"],
    "fastgd.losses.modified_huber": ["ModifiedHuber"],
    "fastgd.losses.quantile": ["Quantile"],
    "fastgd.losses.squared_epsilon_insensitive": ["SquaredEpsilonInsensitive"],
    "fastgd.losses.squared_error": ["SquaredError"],
    "fastgd.losses.squared_hinge": ["SquaredHinge"],
    "fastgd.minimizing.result": ["Iterate", "MinimizeResult"],
    "fastgd.monitoring.reasons": [
        "ConvergenceWarning", "DivergenceWarning", "Progress", "StopReason",
    ],
    "fastgd.optimizers.adagrad": ["AdaGrad"],
    "fastgd.optimizers.adam": ["Adam"],
    "fastgd.optimizers.gd": ["GD"],
    "fastgd.optimizers.momentum": ["Momentum"],
    "fastgd.optimizers.nesterov": ["Nesterov"],
    "fastgd.optimizers.rmsprop": ["RMSprop"],
    "fastgd.schedules.adaptive": ["Adaptive"],
    "fastgd.schedules.constant": ["Constant"],
    "fastgd.schedules.cosine": ["Cosine"],
    "fastgd.schedules.exponential": ["Exponential"],
    "fastgd.schedules.inverse_scaling": ["InverseScaling"],
    "fastgd.schedules.inverse_time_decay": ["InverseTimeDecay"],
    "fastgd.schedules.line_search": ["LineSearch"],
    "fastgd.schedules.optimal": ["Optimal"],
    "fastgd.schedules.piecewise_constant": ["PiecewiseConstant"],
    "fastgd.schedules.step_decay": ["StepDecay"],
    "fastgd.schedules.warmup": ["Warmup"],
}  # fmt: skip


@pytest.mark.parametrize("module", DEFINED)
def test_pickles_that_name_the_file_of_a_class_load(module):
    for name in DEFINED[module]:
        row = getattr(fastgd, name)
        assert pickle.loads(f"c{module}\n{name}\n.".encode()) is row
        assert b"fastgd." not in pickle.dumps(row)


def test_functions_keep_their_names():
    """Importing the module `fastgd.suggest` would bind it in the place of the function."""
    pickle.loads(PICKLE.read_bytes())
    assert callable(fastgd.suggest)
    assert callable(fastgd.compare)
