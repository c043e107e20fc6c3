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


def test_functions_keep_their_names():
    """Importing the module `fastgd.suggest` would bind it in the place of the function."""
    pickle.loads(PICKLE.read_bytes())
    assert callable(fastgd.suggest)
    assert callable(fastgd.compare)
