"""asv: how many passes a result takes, whatever the machine; and the seconds to a useful one."""

import math

import fastgd
from benchmarks.problems import PROBLEMS, make
from benchmarks.speed import VARIANTS

MANY = 1000.0  # passes that stand for "never"


class Convergence:
    """Self-tuned runs of each variant on each problem."""

    params = [VARIANTS, [*PROBLEMS]]
    param_names = ["variant", "problem"]
    timeout = 120

    def compare(self, variant, problem, **keywords):
        X, y = make(problem)
        run = {"name": variant, "variant": variant, "n_threads": 1, **keywords}
        return fastgd.compare(X, y, [run], loss=PROBLEMS[problem].loss, repeats=1)

    def track_passes_to_1e_4(self, variant, problem):
        passes = self.compare(variant, problem).metric(variant, "passes_to_1e-4")
        return min(passes, MANY)

    track_passes_to_1e_4.unit = "passes"

    def track_suboptimality_after_5_passes(self, variant, problem):
        comparison = self.compare(variant, problem, max_iter=5, tol=None)
        return math.log10(max(comparison.metric(variant, "suboptimality"), 1e-16))

    track_suboptimality_after_5_passes.unit = "log10 of relative suboptimality"


class StatisticalError:
    """Whole self-tuned fits that end where further optimising is noise."""

    params = [VARIANTS, [*PROBLEMS]]
    param_names = ["variant", "problem"]
    number, repeat, warmup_time = 1, (3, 10, 2.0), 0.0

    def setup(self, variant, problem):
        self.X, self.y = make(problem)
        self.loss = PROBLEMS[problem].loss
        comparison = fastgd.compare(
            self.X,
            self.y,
            [{"name": variant, "variant": variant, "n_threads": 1}],
            loss=self.loss,
            repeats=1,
        )
        (entry,) = comparison.entries
        levels = zip(entry.passes, entry.gaps, strict=True)
        reached = [passes for passes, gap in levels if gap <= comparison.statistical_error]
        if not reached:
            raise NotImplementedError("this variant does not get there by itself")
        pilot = entry.passes[0]
        self.epochs = max(1, math.ceil(reached[0] - pilot))

    def time_fit_to_statistical_error(self, variant, problem):
        fastgd.fit(
            self.X,
            self.y,
            variant,
            loss=self.loss,
            max_iter=self.epochs,
            tol=None,
            n_threads=1,
            random_state=0,
        )
