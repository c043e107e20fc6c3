"""Lines: vectors of a few values, and what loops over a row do with them.

LLVM's own vectors need long rows: of ten features it takes all but a few one by one, and a plain
loop leaves no place to ask for what is read next. Here a row is taken line by line, the last one
masked, so that every number of features costs a whole number of vectors.

A line is half of what a cache holds in one: with 64 bytes batch descent on 1000 features reads 20
GB/s instead of 23, for a wider vector seldom lies within one.

Pointers, unlike slices, carry no count of references and no shape.
"""

from typing import Any

from fastgd.kernels._jit import JIT_ENABLED

if JIT_ENABLED:
    from fastgd.kernels.compiled_lines import (
        add_to,
        ask,
        at,
        four_totals,
        plus,
        plus_product,
        read,
        times,
        total,
        turn,
        width,
        zeros,
    )
else:
    from fastgd.kernels.plain_lines import (
        add_to,
        ask,
        at,
        four_totals,
        plus,
        plus_product,
        read,
        times,
        total,
        turn,
        width,
        zeros,
    )

Pointer = Any  # to a value of an array
Line = Any  # as many values as LINE_BYTES hold, in registers

__all__ = [
    "Line",
    "Pointer",
    "add_to",
    "ask",
    "at",
    "four_totals",
    "plus",
    "plus_product",
    "read",
    "times",
    "total",
    "turn",
    "width",
    "zeros",
]
