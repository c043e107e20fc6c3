"""Lines: vectors of a few values, and what loops over a row do with them.

LLVM's own vectors need long rows: of ten features it takes all but a few one by one, and a plain
loop leaves no place to ask for what is read next. Here a row is taken line by line, the last one
masked, so that every number of features costs an integer of vectors.

A line is half of what a cache holds in one: with 64 bytes batch descent on 1000 features reads 20
GB/s instead of 23, for a wider vector seldom lies within one.

Pointers, unlike slices, carry no count of references and no shape.
"""

from typing import Any

from fastgd.kernels import plain_lines
from fastgd.kernels.compiler import lines as compiled_lines
from fastgd.kernels.compiler.jit import JIT_ENABLED

Pointer = Any  # to a value of an array

_lines: Any = compiled_lines if JIT_ENABLED else plain_lines
at, width, zeros = _lines.at, _lines.width, _lines.zeros
read, write, add_to = _lines.read, _lines.write, _lines.add_to
ask, turn = _lines.ask, _lines.turn
times, plus, plus_product = _lines.times, _lines.plus, _lines.plus_product
total, four_totals = _lines.total, _lines.four_totals
