"""What `lines` does, in the terms of LLVM."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from fastgd.kernels.arguments import LINE_BYTES

INT32, INT64, VOID = ir.IntType(32), ir.IntType(64), ir.VoidType()
TO_READ, INTO_SECOND_LEVEL, DATA = INT32(0), INT32(2), INT32(1)


class LineType(types.Type):  # type: ignore[misc]
    """A vector of *count* values."""

    def __init__(self, dtype: Any, count: int) -> None:
        super().__init__(f"Line({dtype} x {count})")
        self.dtype, self.count = dtype, count


@register_model(LineType)
class LineModel(models.PrimitiveModel):  # type: ignore[misc]
    """A vector of LLVM."""

    def __init__(self, manager: Any, kind: LineType) -> None:
        values = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(values, kind.count))


def line_of(dtype: Any) -> LineType:
    """Return the type of a line of values of this type."""
    return LineType(dtype, LINE_BYTES * 8 // dtype.bitwidth)


def has_cheap_masks() -> bool:
    """Return True if masks cost next to nothing: they do with AVX-512 alone."""
    if config.CPU_FEATURES is not None:  # asked for another machine's code than this one's
        return "+avx512vl" in config.CPU_FEATURES
    return bool(binding.get_host_cpu_features().get("avx512vl", False))


MASKED = has_cheap_masks()


def _constant(kind: Any, values: Any) -> Any:
    return ir.Constant(ir.VectorType(kind, len(values)), [kind(value) for value in values])


def _pick(builder: Any, first: Any, second: Any, places: list[int]) -> Any:
    """Return the values at these places of two vectors laid end to end."""
    return builder.shuffle_vector(first, second, _constant(INT32, places))


def _repeat(builder: Any, value: Any, count: int) -> Any:
    empty = ir.Constant(ir.VectorType(value.type, count), ir.Undefined)
    return _pick(builder, builder.insert_element(empty, value, INT32(0)), empty, [0] * count)


def _call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, arguments)


def _suffix(vector: Any) -> str:
    """Return how LLVM names a vector type."""
    return f"v{vector.count}{'f64' if vector.element == ir.DoubleType() else 'f32'}"


class Place:
    """Where *count* of a line's values lie, from value j of a pointer on."""

    def __init__(self, builder: Any, pointer: Any, j: Any, vector: Any, count: Any) -> None:
        self.builder, self.vector, self.count = builder, vector, count
        self.address = builder.bitcast(builder.gep(pointer, [j]), vector.as_pointer())
        self.align = 4 if vector.element == ir.FloatType() else 8

    @property
    def is_whole(self) -> Any:
        """Return True if the line is full."""
        return self.builder.icmp_signed(">=", self.count, INT64(self.vector.count))

    @property
    def mask(self) -> Any:
        """Tell of each value whether it is one of those."""
        places = _constant(INT64, range(self.vector.count))
        count = _repeat(self.builder, self.count, self.vector.count)
        return self.builder.icmp_signed("<", places, count)

    def read(self) -> Any:
        """Return the values, zeros after them."""
        return self._read_part() if MASKED else self.either(self._read, self._read_part)

    def either(self, whole: Callable[[], Any], part: Callable[[], Any]) -> Any:
        """Do the one where the line is full, the other where it is not."""
        with self.builder.if_else(self.is_whole) as (then, otherwise):
            with then:
                first, from_first = whole(), self.builder.block
            with otherwise:
                second, from_second = part(), self.builder.block
        if first is None:
            return None
        result = self.builder.phi(first.type)
        result.add_incoming(first, from_first)
        result.add_incoming(second, from_second)
        return result

    def _read(self) -> Any:
        return self.builder.load(self.address, align=self.align)

    def _read_part(self) -> Any:
        zeros = _constant(self.vector.element, [0.0] * self.vector.count)
        arguments = [self.address, INT32(self.align), self.mask, zeros]
        name = f"llvm.masked.load.{_suffix(self.vector)}.p0"
        return _call(self.builder, name, self.vector, arguments)

    def write(self, values: Any) -> None:
        """Write the values; what lies after them is left alone."""
        self.either(lambda: self._write(values), lambda: self._write_part(values))

    def _write(self, values: Any) -> None:
        self.builder.store(values, self.address, align=self.align)

    def _write_part(self, values: Any) -> None:
        if MASKED:
            arguments = [values, self.address, INT32(self.align), self.mask]
            _call(self.builder, f"llvm.masked.store.{_suffix(self.vector)}.p0", VOID, arguments)
            return
        for address, part in self._pieces(values):
            self.builder.store(part, address, align=self.align)

    def add(self, values: Any) -> None:
        """Add *values* to those that are there."""
        self.either(lambda: self._add(values), lambda: self._add_part(values))

    def _add(self, values: Any) -> None:
        self._write(self.builder.fadd(self._read(), values))

    def _add_part(self, values: Any) -> None:
        if MASKED:
            self._write_part(self.builder.fadd(self._read_part(), values))
            return
        for address, part in self._pieces(values):
            sums = self.builder.fadd(self.builder.load(address, align=self.align), part)
            self.builder.store(sums, address, align=self.align)

    def _pieces(self, values: Any) -> Iterator[tuple[Any, Any]]:
        """Yield what goes where: half a line if there is so much, then a quarter of one, ...

        Each is yielded within its branch. Without AVX-512, masked stores are slow: batch descent
        took 8.8 ns a row of 10 features with them, 15 of 30, and takes 8.3 and 14.
        """
        builder = self.builder
        address = builder.bitcast(self.address, self.vector.element.as_pointer())
        size = self.vector.count // 2
        while size > 0:
            there = builder.icmp_signed("!=", builder.and_(self.count, INT64(size)), INT64(0))
            first = _pick(builder, values, values, list(range(size)))
            with builder.if_then(there):
                yield builder.bitcast(address, first.type.as_pointer()), first
            others = [*range(size, values.type.count), *range(size)]
            values = builder.select(there, _pick(builder, values, values, others), values)
            address = builder.select(there, builder.gep(address, [INT64(size)]), address)
            size //= 2


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
        return builder.fmul(line, _repeat(builder, factor, line.type.count))

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
        return _call(builder, f"llvm.fmuladd.{_suffix(vector)}", vector, [first, second, total])

    return total(total, total, total), codegen


def _fold(builder: Any, first: Any, second: Any, size: int) -> Any:
    """Add the two halves of each group of *size* values of two vectors laid end to end."""
    count = first.type.count if first is second else 2 * first.type.count
    halves = np.arange(count).reshape(-1, 2, size // 2)
    low, high = (_pick(builder, first, second, halves[:, k].ravel().tolist()) for k in (0, 1))
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
            lines[k], lines[k + size] = (_pick(builder, *pair, half) for half in (low, high))
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
        _call(builder, "llvm.prefetch.p0", ir.VoidType(), how)
        return context.get_dummy_value()

    return types.void(pointer, types.intp), codegen
