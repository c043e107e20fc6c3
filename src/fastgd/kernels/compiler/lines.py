"""What `lines` does, in the terms of LLVM."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fastgd.kernels.compiler.vectors import (
    DATA,
    INT32,
    INT64,
    INTO_SECOND_LEVEL,
    TO_READ,
    Place,
    call,
    line_of,
    pick,
    repeat,
    suffix,
)


@intrinsic  # type: ignore[untyped-decorator]
def at(typingctx: Any, array: Any, i: Any) -> Any:
    """Return where value i of a contiguous array lies."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.gep(view.data, [arguments[1]])

    return types.CPointer(array.dtype)(array, types.intp), codegen


@intrinsic  # type: ignore[untyped-decorator]
def width(typingctx: Any, pointer: Any) -> Any:
    """Return how many values a line holds."""
    count = line_of(pointer.dtype).count

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return INT64(count)

    return types.intp(pointer), codegen


@intrinsic  # type: ignore[untyped-decorator]
def zeros(typingctx: Any, pointer: Any) -> Any:
    """Return a line of zeros."""
    kind = line_of(pointer.dtype)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(context.get_value_type(kind), [0.0] * kind.count)

    return kind(pointer), codegen


@intrinsic  # type: ignore[untyped-decorator]
def read(typingctx: Any, pointer: Any, j: Any, count: Any) -> Any:
    """Return up to *count* values from value j on, zeros after them."""
    kind = line_of(pointer.dtype)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, j, count = arguments
        return Place(builder, pointer, j, context.get_value_type(kind), count).read()

    return kind(pointer, types.intp, types.intp), codegen


@intrinsic  # type: ignore[untyped-decorator]
def write(typingctx: Any, pointer: Any, j: Any, line: Any, count: Any) -> Any:
    """Write up to *count* values of *line* to those from value j on."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, j, line, count = arguments
        Place(builder, pointer, j, line.type, count).write(line)
        return context.get_dummy_value()

    return types.void(pointer, types.intp, line, types.intp), codegen


@intrinsic  # type: ignore[untyped-decorator]
def add_to(typingctx: Any, pointer: Any, j: Any, line: Any, count: Any) -> Any:
    """Add up to *count* values of *line* to those from value j on, in their type."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, j, line, count = arguments
        vector = ir.VectorType(pointer.type.pointee, line.type.count)
        if vector.element != line.type.element:
            line = builder.fpext(line, vector)
        Place(builder, pointer, j, vector, count).add(line)
        return context.get_dummy_value()

    return types.void(pointer, types.intp, line, types.intp), codegen


@intrinsic  # type: ignore[untyped-decorator]
def times(typingctx: Any, line: Any, factor: Any) -> Any:
    """Return *factor* times a line."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        line, factor = arguments
        return builder.fmul(line, repeat(builder, factor, line.type.count))

    return line(line, line.dtype), codegen


@intrinsic  # type: ignore[untyped-decorator]
def plus(typingctx: Any, first: Any, second: Any) -> Any:
    """Return the sum of two lines."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments)

    return first(first, first), codegen


@intrinsic  # type: ignore[untyped-decorator]
def plus_product(typingctx: Any, total: Any, first: Any, second: Any) -> Any:
    """Return total + first * second, rounded once where the machine can."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total, first, second = arguments
        vector = total.type
        return call(builder, f"llvm.fmuladd.{suffix(vector)}", vector, [first, second, total])

    return total(total, total, total), codegen


def _fold(builder: Any, first: Any, second: Any, size: int) -> Any:
    """Add the two halves of each group of *size* values of two vectors laid end to end."""
    count = first.type.count if first is second else 2 * first.type.count
    halves = np.arange(count).reshape(-1, 2, size // 2)
    low, high = (pick(builder, first, second, halves[:, k].ravel().tolist()) for k in (0, 1))
    return builder.fadd(low, high)


def _fold_within(builder: Any, groups: Any, size: int) -> Any:
    """Return the sum of each group of *size* values."""
    while size > 1:
        groups = _fold(builder, groups, groups, size)
        size //= 2
    return groups


@intrinsic  # type: ignore[untyped-decorator]
def total(typingctx: Any, line: Any) -> Any:
    """Return the sum of a line's values."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (line,) = arguments
        return builder.extract_element(_fold_within(builder, line, line.type.count), INT32(0))

    return line.dtype(line), codegen


@intrinsic  # type: ignore[untyped-decorator]
def four_totals(typingctx: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Return the sums of four lines, in half the operations of one after another."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c, d = arguments
        count = a.type.count
        pairs = _fold(builder, a, b, count), _fold(builder, c, d, count)
        groups = _fold_within(builder, _fold(builder, *pairs, count // 2), count // 4)
        sums = [builder.extract_element(groups, INT32(k)) for k in range(4)]
        return context.make_tuple(builder, signature.return_type, sums)

    return types.UniTuple(a.dtype, 4)(a, b, c, d), codegen


def _turned(builder: Any, lines: list[Any]) -> list[Any]:
    """Return the columns of a square of values whose rows are given."""
    lines, count, size = [*lines], len(lines), 1
    while size < count:
        places = np.arange(2 * count).reshape(2, -1, 2, size)  # first or second line, pair, half
        low, high = (places[:, :, k].transpose(1, 0, 2).ravel().tolist() for k in (0, 1))
        for k in (k for k in range(count) if k & size == 0):
            pair = lines[k], lines[k + size]
            lines[k], lines[k + size] = (pick(builder, *pair, half) for half in (low, high))
        size *= 2
    return lines


@intrinsic  # type: ignore[untyped-decorator]
def turn(
    typingctx: Any,
    source: Any,
    source_step: Any,
    target: Any,
    target_step: Any,
    rows: Any,
    columns: Any,
) -> Any:
    """Write up to a square of values, which lie column after column, row after row.

    In registers: one by one, the values of 100 columns cost 100 ns a row.
    """
    kind = line_of(source.dtype)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, source_step, target, target_step, rows, columns = arguments
        vector = context.get_value_type(kind)

        def line(pointer: Any, k: Any, step: Any, count: Any) -> Place:
            return Place(builder, pointer, builder.mul(k, step), vector, count)

        def column(k: int) -> Any:
            last = builder.sub(columns, INT64(1))  # in place of what is absent, and not used
            there = builder.icmp_signed("<", INT64(k), columns)
            return line(source, builder.select(there, INT64(k), last), source_step, rows).read()

        turned = _turned(builder, [column(k) for k in range(vector.count)])
        for k, values in enumerate(turned):
            with builder.if_then(builder.icmp_signed("<", INT64(k), rows)):
                line(target, INT64(k), target_step, columns).write(values)
        return context.get_dummy_value()

    steps = (types.intp,) * 2
    return types.void(source, steps[0], target, steps[1], types.intp, types.intp), codegen


@intrinsic  # type: ignore[untyped-decorator]
def ask(typingctx: Any, pointer: Any, j: Any) -> Any:
    """Start to load the cache line of value j into the second-level cache."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.gep(arguments[0], [arguments[1]])
        how = [address, TO_READ, INTO_SECOND_LEVEL, DATA]
        call(builder, "llvm.prefetch.p0", ir.VoidType(), how)
        return context.get_dummy_value()

    return types.void(pointer, types.intp), codegen
