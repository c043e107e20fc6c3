"""Steps on all rows near the optimum, on quadratics whose curvature is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from fastgd.descent.refinement import begin_refinement, overshot, refine, remaining
from fastgd.descent.state import Refinement
from fastgd.schedules import Memory


class Descent:
    """Steps P g on ½ (w - 1)'H(w - 1), where the sample's inverse curvature P is the identity."""

    def __init__(self, H, rate=1.0, dtype=np.float64):
        self.H = np.atleast_2d(H)
        hessian = SimpleNamespace(between=lambda v, w: float(v @ w))
        optimum = SimpleNamespace(uncertainty=1.0 / rate)
        self.plan = SimpleNamespace(hessian=hessian, optimum=optimum, refinement_rate=rate)
        coef = np.zeros(len(self.H), dtype)
        self.state = SimpleNamespace(coef=coef, memory=Memory(), refinement=Refinement.at(coef))

    def value(self, w):
        return 0.5 * (w - 1.0) @ self.H @ (w - 1.0)

    @property
    def rate(self):
        return self.plan.refinement_rate * self.state.memory.factor

    def step(self):
        state, refinement = self.state, self.state.refinement
        refinement.last_direction = self.H @ (refinement.anchor - 1.0)
        state.coef[:] = refinement.anchor - self.rate * refinement.last_direction
        refine(state, self.plan, self.value(refinement.anchor))


@pytest.mark.parametrize("curvature", [0.6, 0.9, 1.0, 1.3, 1.9])
@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_of_one_direction_the_second_rate_is_the_inverse_of_its_curvature(curvature, rate):
    descent = Descent([[curvature]], rate)
    for _ in range(3):
        descent.step()
    assert descent.rate == pytest.approx(1.0 / curvature, rel=1e-6)
    assert descent.state.coef[0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("curvature", [0.01, 0.2, 0.49])
def test_no_rate_is_above_two(curvature):
    descent = Descent([[curvature]])
    for _ in range(4):
        descent.step()
    assert descent.rate == pytest.approx(2.0)


@pytest.mark.parametrize("curvature", [2.5, 5.0, 100.0])
def test_a_step_that_overshoots_is_taken_back_by_half(curvature):
    descent = Descent([[curvature]])
    refinement = descent.state.refinement
    descent.step()  # from 0, beyond 1
    first = descent.state.coef.copy()
    assert overshot(refinement, descent.value(first))
    for halved in range(1, 20):
        descent.step()
        if not overshot(refinement, descent.value(first / 2 ** (halved - 1))):
            break
        np.testing.assert_allclose(descent.state.coef, first / 2**halved)
        assert descent.state.memory.factor == 0.5**halved
        np.testing.assert_array_equal(refinement.best, 0.0)
    for _ in range(30):
        descent.step()
    assert descent.state.coef[0] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_quadratics_that_a_sample_saw_wrong_are_solved(seed):
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    descent = Descent(basis * rng.uniform(0.2, 4.0, 6) @ basis.T)
    for _ in range(60):
        descent.step()
    assert descent.value(descent.state.refinement.best) < 1e-12 * descent.value(np.zeros(6))


@pytest.mark.parametrize("contraction", [0.05, 0.3, 0.5, 0.9, 0.99])
def test_what_remains_of_a_slow_direction_is_more_than_its_decrement(contraction):
    """At a rate of 1 a curvature of h leaves 1 - h of the distance, and half g'Pg shows h of it."""
    h = 1.0 - np.sqrt(contraction)
    descent = Descent([[h]])
    distance = 0.01
    refinement = descent.state.refinement
    refinement.decrement, refinement.contraction = 0.5 * (h * distance) ** 2, contraction
    after_the_step = 0.5 * h * ((1.0 - h) * distance) ** 2
    if contraction < 0.3:  # of one that is fast a little less is believed
        assert remaining(descent.state, descent.plan) > after_the_step
    else:
        assert remaining(descent.state, descent.plan) == pytest.approx(after_the_step)


@pytest.mark.parametrize("contraction", [1.0, 1.5])
def test_nothing_is_known_of_what_does_not_shrink(contraction):
    descent = Descent([[1.0]])
    descent.state.refinement.decrement, descent.state.refinement.contraction = 1.0, contraction
    assert remaining(descent.state, descent.plan) == np.inf
    assert remaining(SimpleNamespace(refinement=None), descent.plan) == np.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_epochs_at_rest_are_those_since_the_last_fall(dtype):
    """By more than rounding of the coefficients' type."""
    descent = Descent([[0.5]], dtype=dtype)
    refinement, eps = descent.state.refinement, np.finfo(dtype).eps
    for fall, at_rest in [
        (1e-2, 0),
        (0.1 * eps, 1),
        (0.0, 2),
        (-0.5, 3),
        (2e-2, 0),
        (0.5 * eps, 1),
    ]:
        before = refinement.least if np.isfinite(refinement.least) else 1.0
        refinement.last_direction = np.ones(1)
        refine(descent.state, descent.plan, before * (1.0 - fall))
        assert refinement.epochs_without_fall == at_rest


def test_settling_begins_at_the_mean_of_the_iterates():
    descent = Descent(np.eye(3))
    state = descent.state
    state.total, state.counted, state.older_counted = np.ones(3), 5, 7
    begin_refinement(state, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(state.coef, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(state.refinement.anchor, [1.0, 2.0, 3.0])
    assert (state.counted, state.older_counted) == (0, 0) and not state.total.any()
