"""What a sample of rows tells of the objective around its optimum: where that is, how it curves.

A step that is multiplied by the inverse of the curvature moves every direction alike, whatever
the units, means and correlations of the columns. The sample's inverse is nearly as good as that of
all rows: with d features and m rows, the curvatures that are left lie within (1 +- sqrt(d / m))^2,
and a ridge of (d / m)^1.5 keeps directions that the sample hardly shows from being taken for flat.
The sample's optimum is that of a smaller ridge, (d / m)^2: where the columns are correlated, what a
ridge takes away from it lies in slow directions.
"""

import math
from dataclasses import dataclass

import numpy as np

from fastgd.compose import load_for_loss, prediction_kernel
from fastgd.coordinates import Coordinates
from fastgd.kernels.arguments import Array
from fastgd.linalg import inverse, products, rows_times, times
from fastgd.losses import Loss, SquaredError
from fastgd.passes import Floats
from fastgd.sources import Source

NEWTON_STEPS = 20
REFINEMENTS = 5  # where one step would do, were there no ridge
NEWTON_TOLERANCE = 1e-3  # of what the sample's optimum is itself off by
SHORTEST = 1e-3  # of a Newton step
SMALLEST_RIDGE = 1e-7  # below, the inverse of a singular matrix would be rounding alone
LEAST_CURVATURE = 0.01  # of their mean: what a few rows show as flat need not be
SMALLEST_CURVATURE = 1e-9  # of the loss's bound
POWER_STEPS = 20
REGION_STEPS = 4
CONJUGATE_STEPS = 50
STOPS_AT = 1e-6  # of the first residual, as the inverse measures it
CAUTION = 1.5  # times what the sample shows
MOST_LEVERAGE = 0.99
DIFFERENCE = 1e-4  # between two predictions, relative to their size


@dataclass(frozen=True)
class Curvature:
    """The objective near its optimum."""

    coordinates: Coordinates  # in which all that follows is told
    matrix: Floats  # (d, d), the curvature, ridge included
    ridge: Floats  # (d,)
    inverse: Floats
    of_intercept: float  # curvature along it
    start: Floats  # (d + 1,): the sample's optimum, in coefficients as they are
    typical: float  # harmonic mean of the curvature along its main directions, flat ones left out
    slowest: float  # the least of those
    sharpest: float  # what one row adds at most, but for its length and weight
    leverage: float  # R^2: E[l^2] / E[l], l the curvature that one row adds, over all
    reach: float  # the largest (u, 1)'inverse(u, 1) / ||(u, 1)||^2
    spread: float  # sqrt(d / m), 0 where the sample is all there is
    stands: float  # variance of predictions within which that holds; inf for quadratic losses
    noise: float  # E[||(u, 1)||^2 slope^2]
    statistical_error: float  # NaN where there are no more rows than columns
    loss: float  # of the sample there
    fall: float  # of the objective from coefficients of zero, the intercept at its best

    def solve(self, g: Floats) -> Floats:
        """Return the inverse curvature times a gradient, both in coefficients as they are."""
        g = self.coordinates.gradient(g)
        step = np.append(times(self.inverse, g[:-1]), g[-1] / self.of_intercept)
        return self.coordinates.leave(step)

    def decrement(self, g: Floats) -> float:
        """Return half of g'H^-1 g: about how far above its optimum the objective is."""
        return 0.5 * float(g @ self.solve(g))

    def suboptimality(self, g: Floats) -> float:
        """Return an upper estimate of how far above its optimum the objective is, given g.

        That is half of g'H^-1 g without the ridge, which would make flat directions look near: by
        conjugate gradients, preconditioned (Golub, Van Loan, 4th edition, section 11.5).
        """
        g = self.coordinates.gradient(g)
        along = float(g[-1]) ** 2 / self.of_intercept
        residual, solution = g[:-1], np.zeros(len(g) - 1)
        better = times(self.inverse, residual)
        direction, product = better, float(residual @ better)
        enough = STOPS_AT * product
        for _ in range(CONJUGATE_STEPS):
            if not product > enough:
                break
            image = times(self.matrix, direction) - self.ridge * direction
            bend = float(direction @ image)
            if not bend > 0:
                break
            solution = solution + product / bend * direction
            residual = residual - product / bend * image
            better = times(self.inverse, residual)
            product, before = float(residual @ better), product
            direction = better + product / before * direction
        return CAUTION * 0.5 * (float(g[:-1] @ solution) + along)

    def between(self, first: Floats, second: Floats) -> float:
        """Return the product of two differences of coefficients, as the curvature measures it."""
        v, w = self.coordinates.enter(first), self.coordinates.enter(second)
        along = self.of_intercept * float(v[-1]) * float(w[-1])
        return float(v[:-1] @ times(self.matrix, w[:-1])) + along


@dataclass
class Metric:
    """The curvature of a sample, with columns less their *centre*: the intercept is then apart."""

    curvatures: Floats  # (m,)
    centre: Floats  # (d,)
    matrix: Floats  # (d, d), the ridge and the penalty's curvature included
    ridge: Floats  # (d,)
    along: float  # the intercept

    def __post_init__(self) -> None:
        """Invert the matrix."""
        self.inverse = inverse(self.matrix)

    def step(self, gradient: Floats) -> Floats:
        """Return the inverse times a gradient."""
        g_w, g_b = gradient[:-1], gradient[-1]
        step = times(self.inverse, g_w - self.centre * g_b)
        return np.append(step, g_b / self.along - self.centre @ step)


@dataclass
class Sample:
    """Some rows, with what the loss says of predictions for them."""

    u: Floats  # (m, d + 1), columns of mean 0 and spread 1, then ones, or zeros
    y: Array
    shares: Floats  # weights of mean about 1
    loss: Loss
    unseen: Array  # columns that vary, though not in these rows: as much as the others

    def __post_init__(self) -> None:
        """Compile or fetch the loss."""
        if isinstance(self.loss, SquaredError):  # nothing is compiled for it
            return
        self.kernel = prediction_kernel(self.loss)
        nothing = np.empty(0)
        arguments = (nothing, self.y[:0], self.loss.parameters, nothing, nothing)
        load_for_loss(self.kernel, self.loss, *arguments)

    def meet(self, z: Floats) -> tuple[Floats, Floats]:
        """Return each row's loss and slope."""
        if isinstance(self.loss, SquaredError):
            residuals = z - self.y
            return 0.5 * residuals * residuals, residuals
        values, slopes = np.empty(len(z)), np.empty(len(z))
        self.kernel(z, self.y, self.loss.parameters, values, slopes)
        return values, slopes

    def scale(self, z: Floats) -> float:
        """Return how far predictions may have to go from there."""
        return 1.0 if self.loss.target == "binary" else distance(self.y, z)

    def metric(self, curvatures: Floats, l2: Floats, ridge: Floats) -> Metric:
        """Return the curvature that these of the rows make; the *ridge* is in units of it."""
        rows, ones = self.u[:, :-1], self.u[:, -1]
        along = float(np.mean(curvatures))
        centre = np.einsum("i,ij->j", curvatures, rows) / curvatures.sum() * ones[0]
        matrix = products((rows - centre) * np.sqrt(curvatures)[:, None]) / len(rows)
        matrix[np.diag_indices(len(matrix))] += l2 + along * (ridge + self.unseen)
        return Metric(curvatures, centre, matrix, along * ridge, along)

    def curvatures(self, z: Floats, far: float) -> Floats:
        """Return what each row adds to the curvature of the loss: as steps of length *far* meet it.

        The second derivative itself is that of a point: a row in a hundred may show all the
        curvature that there is, or none (of a Huber loss, where y is measured in small units).
        """
        bound = self.loss.curvature or 0.0
        far_enough = np.maximum(far, DIFFERENCE * (1.0 + np.abs(z)))
        change = self.meet(z + far_enough)[1] - self.meet(z - far_enough)[1]
        curvatures = np.clip(np.nan_to_num(change / (2.0 * far_enough)), 0.0, bound)
        least = LEAST_CURVATURE * float(np.mean(curvatures))
        return self.shares * np.maximum(curvatures, max(least, bound * SMALLEST_CURVATURE))


def middle(loss: Loss, y: Array) -> float:
    """Return a prediction that suits none of the targets badly: about where to start."""
    if loss.target == "binary" or not loss.built_in:  # a user's z may be something else than y
        return 0.0
    centre = float(np.mean(y) if isinstance(loss, SquaredError) else np.median(y))
    return centre if math.isfinite(centre) else 0.0


def distance(y: Array, z: Floats | float) -> float:
    """Return the mean distance of targets from predictions, 1 where there is none."""
    return float(np.mean(np.abs(y - z))) or 1.0


def look(
    source: Source,
    loss: Loss,
    l2: float,
    chosen: Array,
    rows: Floats,
    coordinates: Coordinates,
    unseen: Array,
) -> Curvature:
    """Return what the chosen *rows* (a column of ones added, or zeros) tell.

    Columns that vary, though not in these rows, are *unseen*.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where that is no number.
    """
    x, ones = rows[:, :-1], rows[:, -1]
    m, d = x.shape
    mean, units = coordinates.mean, coordinates.units
    stands_for, drawn_from = _stands_for(source, chosen)
    weights = source.weights[chosen] * source.weight_scale if source.weighted else 1.0
    shares = stands_for * weights
    u = np.column_stack([(x - mean) * units, ones])
    u[:, :-1][:, unseen] = 0.0
    sample = Sample(u, source.y[chosen], shares, loss, unseen)
    everything = m == drawn_from
    spread = np.sqrt(np.square(x - x.mean(axis=0)).mean(axis=0)) * units
    shown = np.minimum(1.0, np.square(spread))
    share = 0.0 if everything else d / m
    ridges = np.maximum(share**1.5 * shown, SMALLEST_RIDGE), share**2 * shown
    of_l2 = l2 * np.square(units) if l2 > 0 else np.zeros(d)
    tolerance = 0.0 if everything else NEWTON_TOLERANCE
    at_optimum, fall, metric = _descend(sample, of_l2, ridges, tolerance)
    z = _predictions(u, at_optimum)
    values, slopes = sample.meet(z)
    slopes = shares * slopes
    if metric is None:
        far = _region(sample, z, slopes, min(1.0, (d + 1) / m))
        metric = sample.metric(sample.curvatures(z, far), of_l2, ridges[0])
    curvatures, along, inverted = metric.curvatures, metric.along, metric.inverse
    u[:, :-1] -= metric.centre
    sensitivity = np.einsum("ij,ij->i", rows_times(u[:, :-1], inverted), u[:, :-1]) + ones / along
    # A row of the sample pulls the sample's optimum towards itself (MacKinnon, White, 1985, HC2).
    own = 0.0 if everything else np.minimum(curvatures * sensitivity / m, MOST_LEVERAGE)
    levers = curvatures * sensitivity
    squares = slopes * slopes / stands_for
    lengths = ones + np.einsum("ij,ij->i", u[:, :-1], u[:, :-1])
    mean = mean + np.divide(metric.centre, units, out=np.zeros(d), where=units > 0)
    return Curvature(
        coordinates=Coordinates(mean, units),
        matrix=metric.matrix,
        ridge=metric.ridge,
        inverse=inverted,
        of_intercept=along,
        start=coordinates.leave(at_optimum),
        typical=_harmonic_mean(inverted, metric.ridge, along),
        slowest=_slowest(metric.matrix, inverted, metric.ridge, along),
        sharpest=float(np.max(curvatures / np.where(shares > 0, shares, 1.0))),
        leverage=float(np.mean(levers * levers / stands_for) / np.mean(levers)),
        reach=float(np.max(np.append(sensitivity / lengths, 1.0 / along))),
        spread=math.sqrt(share),
        stands=math.inf if isinstance(loss, SquaredError) else 0.25 * sample.scale(z) ** 2,
        noise=float(np.mean(lengths * squares)),
        statistical_error=_statistical_error(sensitivity * squares / (1.0 - own), source),
        loss=float(np.mean(shares * values)),
        fall=fall,
    )


def _region(sample: Sample, z: Floats, slopes: Floats, share: float) -> float:
    """Return how far predictions probably are from those at the optimum of all rows.

    With so many columns a row, the sample's are off by share E[slope^2] / E[curvature]^2, squared.
    """
    far = sample.scale(z)
    for _ in range(REGION_STEPS):
        along = float(np.mean(sample.curvatures(z, far)))
        far = math.sqrt(share * float(np.mean(slopes * slopes))) / along
    return far


def _descend(
    sample: Sample,
    l2: Floats,
    ridges: tuple[Floats, Floats],
    tolerance: float,
) -> tuple[Floats, float, Metric | None]:
    """Return the optimum of the sample, penalised, by Newton's method, and the fall to there.

    The *ridges*, in units of the curvature, are that of the steps and that of the penalty. The
    curvature is what steps of the last one's length meet; that of a quadratic loss, which is the
    same everywhere, is returned, too.
    """
    u, shares, m = sample.u, sample.shares, len(sample.u)
    fit_intercept = bool(u[0, -1])

    def evaluate(point: Floats) -> tuple[float, Floats, Floats]:
        z = _predictions(u, point)
        values, slopes = sample.meet(z)
        value = float(np.mean(shares * values)) + 0.5 * float(penalty @ np.square(point))
        return value, z, shares * slopes / m

    point = np.zeros(u.shape[1])
    point[-1] = middle(sample.loss, sample.y) * fit_intercept
    z = _predictions(u, point)
    far = sample.scale(z)
    along = float(np.mean(sample.curvatures(z, far)))
    penalty = np.append(l2 + along * ridges[1], 0.0)
    value, z, slopes = evaluate(point)
    at_constant = value
    metric: Metric | None = None
    quadratic = isinstance(sample.loss, SquaredError)
    for _ in range(REFINEMENTS if quadratic else NEWTON_STEPS):
        gradient = np.einsum("ij,i->j", u, slopes) + penalty * point
        if metric is None or not quadratic:
            metric = sample.metric(sample.curvatures(z, far), l2, ridges[0])
        step = metric.step(gradient)
        length, decrement = 1.0, float(gradient @ step)
        if not math.isfinite(decrement):
            raise np.linalg.LinAlgError("the sample's curvature is not finite")
        new = evaluate(point - step)
        while length > SHORTEST and not new[0] <= value - 0.25 * length * decrement:
            length /= 2
            new = evaluate(point - length * step)
        if not new[0] < value:
            break
        point = point - length * step
        far = math.sqrt(float(np.mean(np.square(new[1] - z))))
        value, z, slopes = new
        if decrement <= tolerance * float(np.sum(np.square(slopes))) / along:
            break
    if fit_intercept:  # how far an offset of y alone makes it fall is not the columns' work
        constant = np.zeros_like(point)
        constant[-1] = point[-1]
        at_constant = min(at_constant, evaluate(constant)[0])
    return point, at_constant - value, metric if quadratic else None


def _stands_for(source: Source, chosen: Array) -> tuple[Floats, int]:
    """Return for how many rows of a table of their number each chosen one stands; of how many.

    They were drawn from rows of positive weight; those of a rare label perhaps apart.
    """
    n, y = source.n, source.y
    is_drawn = source.weights > 0 if source.weighted else np.ones(n, bool)
    drawn_from = int(np.count_nonzero(is_drawn))
    stands_for = np.full(len(chosen), drawn_from / n)
    if source.classes is not None and len(chosen) < drawn_from:
        for label in np.unique(y[chosen]):
            of_label = y[chosen] == label
            in_table = np.count_nonzero(is_drawn & (y == label)) / n
            stands_for[of_label] = in_table * len(chosen) / np.count_nonzero(of_label)
    return stands_for, drawn_from


def _statistical_error(squares: Floats, source: Source) -> float:
    """Return tr(H^-1 C) / 2n, C the covariance of the rows' slopes, given both for each row."""
    return float(np.mean(squares)) / (2.0 * source.n) if source.n > source.d else math.nan


def _harmonic_mean(inverted: Floats, ridge: Floats, along: float) -> float:
    """Return the harmonic mean of the curvatures that are more than the *ridge* in the inverse.

    With P = (H + R)^-1 it is tr(PH) / tr(PHP), to which a direction that is flat adds nothing.
    """
    count = len(ridge) - float(np.diag(inverted) @ ridge) + 1.0
    total = float(np.trace(inverted)) - float(np.sum(np.square(inverted) @ ridge)) + 1.0 / along
    return count / total


def _slowest(matrix: Floats, inverted: Floats, ridge: Floats, along: float) -> float:
    """Return about the least curvature that is not flat: 1 / the largest eigenvalue of PHP."""
    v = np.ones(len(ridge))
    largest = 0.0
    for _ in range(POWER_STEPS):
        v = times(inverted, v / (math.sqrt(float(np.sum(v * v))) or 1.0))
        v = times(inverted, times(matrix, v) - ridge * v)
        largest = math.sqrt(float(np.sum(v * v)))
    return 1.0 / max(largest, 1.0 / along)


def _predictions(u: Floats, point: Floats) -> Floats:
    return np.asarray(np.einsum("ij,j->i", u, point))
