"""`Pilot`: how rows are sampled, and with how many threads they are evaluated, before the steps."""

from dataclasses import dataclass

from fastgd.data.sources import Source


@dataclass(frozen=True)
class Pilot:
    """Where pilot estimates come from: the rows, the threads, the seed of what is drawn."""

    source: Source
    n_threads: int
    seed: int = 0
