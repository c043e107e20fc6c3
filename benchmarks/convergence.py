"""asv: how many passes a result takes, whatever the machine; and the seconds to a useful one."""

import math

import fastgd
from benchmarks.problems import PROBLEMS, make
from benchmarks.speed import VARIANTS

MANY = 1000.0  # passes that stand for "never"
RUNS = [{"name": variant, "variant": variant, "n_threads": 1} for variant in VARIANTS]


class Raced:
    """Self-tuned runs of each variant on each problem."""

    params = [VARIANTS, [*PROBLEMS]]
    param_names = ["variant", "problem"]
    timeout = 300

    def setup_cache(self):
        """Race the variants on every problem, once for all that is asked here."""
        return {
            name: fastgd.compare(*make(problem), RUNS, loss=problem.loss, repeats=1)
            for name, problem in PROBLEMS.items()
        }


class Convergence(Raced):
    """What the curves say: the same figures on every machine."""

    def track_passes_to_1e_4(self, comparisons, variant, problem):
        return min(comparisons[problem].metric(variant, "passes_to_1e-4"), MANY)

    track_passes_to_1e_4.unit = "passes"

    def track_suboptimality_after_5_passes(self, comparisons, variant, problem):
        entry = comparisons[problem].entry(variant)
        levels = zip(entry.passes, comparisons[problem].relative(variant), strict=True)
        *_, last = (level for passes, level in levels if passes <= 5 + entry.passes[0])
        return max(last, 1e-16)

    track_suboptimality_after_5_passes.unit = "relative suboptimality"


class StatisticalError(Raced):
    """Whole fits, tuning included, of as many epochs as a useful result takes."""

    number, repeat, warmup_time = 1, (3, 10, 2.0), 0.0

    def setup(self, comparisons, variant, problem):
        passes = comparisons[problem].metric(variant, "passes_to_stat")
        if passes == math.inf:
            raise NotImplementedError(f"{variant} does not get there on {problem} by itself")
        self.X, self.y = make(PROBLEMS[problem])
        pilot = comparisons[problem].entry(variant).passes[0]
        self.keywords = {
            "loss": PROBLEMS[problem].loss,
            "max_iter": max(1, math.ceil(passes - pilot)),
            "tol": None,
            "n_threads": 1,
            "random_state": 0,
        }

    def time_fit_to_statistical_error(self, comparisons, variant, problem):
        fastgd.fit(self.X, self.y, variant, **self.keywords)
