#!/usr/bin/env bash
# The race that continuous integration runs, and what must hold in it: bash benchmarks/race.sh
# Leaves race.md, race.json and race.png; options are handed on to `fastgd compare`.
set -euo pipefail
exec fastgd compare --quick --report race.md --json race.json --plot race.png --force \
    --require 'batch.suboptimality <= 1e-8' \
    --require 'batch.passes_to_1e-4 <= 50' \
    --require 'stochastic.passes_to_stat <= 2' \
    --require 'minibatch.passes_to_1e-2 <= 4' \
    --require 'stochastic.seconds_to_stat <= 0.8 * sklearn-sgd.seconds_to_stat' \
    "$@"
