"""asv: how many passes a result takes, whatever the machine; and the seconds to a useful one."""

import math

import fastgd
from benchmarks.problems import PROBLEMS, make
from benchmarks.speed import VARIANTS

MANY = 1000.0  # passes that stand for "never"
RUNS = [{"name": variant, "variant": variant, "n_threads": 1} for variant in VARIANTS]


class Convergence:
    """Self-tuned runs of each variant on each problem."""

    params = [VARIANTS, [*PROBLEMS]]
    param_names = ["variant", "problem"]
    number, repeat, warmup_time, timeout = 1, (3, 10, 2.0), 0.0, 300

    def setup_cache(self):
        """Race the variants on every problem, once for all that is asked here."""
        return {
            name: fastgd.compare(*make(name), RUNS, loss=problem.loss, repeats=1)
            for name, problem in PROBLEMS.items()
        }

    def setup(self, comparisons, variant, problem):
        self.comparison = comparisons[problem]
        self.entry = self.comparison.entry(variant)
        self.loss = PROBLEMS[problem].loss
        self.X, self.y = make(problem)

    def track_passes_to_1e_4(self, comparisons, variant, problem):
        return min(self.comparison.metric(variant, "passes_to_1e-4"), MANY)

    track_passes_to_1e_4.unit = "passes"

    def track_suboptimality_after_5_passes(self, comparisons, variant, problem):
        levels = zip(self.entry.passes, self.comparison.relative(variant), strict=True)
        *_, last = (level for passes, level in levels if passes <= 5 + self.entry.passes[0])
        return round(math.log10(max(last, 1e-16)), 3)

    track_suboptimality_after_5_passes.unit = "log10 of relative suboptimality"

    def time_fit_to_statistical_error(self, comparisons, variant, problem):
        passes = self.comparison.metric(variant, "passes_to_stat")
        epochs = math.ceil(min(passes, MANY) - self.entry.passes[0])
        fastgd.fit(
            self.X,
            self.y,
            variant,
            loss=self.loss,
            max_iter=max(1, min(epochs, 100)),  # 100, where it does not get there by itself
            tol=None,
            n_threads=1,
            random_state=0,
        )
