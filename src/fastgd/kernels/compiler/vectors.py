"""Vectors of LLVM: the type of a line, and how all or a part of one is read and written."""

from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import models, register_model

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


def constant(kind: Any, values: Any) -> Any:
    """Return a constant vector."""
    return ir.Constant(ir.VectorType(kind, len(values)), [kind(value) for value in values])


def pick(builder: Any, first: Any, second: Any, places: list[int]) -> Any:
    """Return the values at these places of two vectors laid end to end."""
    return builder.shuffle_vector(first, second, constant(INT32, places))


def repeat(builder: Any, value: Any, count: int) -> Any:
    """Return a vector of *count* times the value."""
    empty = ir.Constant(ir.VectorType(value.type, count), ir.Undefined)
    return pick(builder, builder.insert_element(empty, value, INT32(0)), empty, [0] * count)


def call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    """Call a function of LLVM by its name."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, arguments)


def suffix(vector: Any) -> str:
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
        places = constant(INT64, range(self.vector.count))
        count = repeat(self.builder, self.count, self.vector.count)
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
        zeros = constant(self.vector.element, [0.0] * self.vector.count)
        arguments = [self.address, INT32(self.align), self.mask, zeros]
        name = f"llvm.masked.load.{suffix(self.vector)}.p0"
        return call(self.builder, name, self.vector, arguments)

    def write(self, values: Any) -> None:
        """Write the values; what lies after them is left alone."""
        self.either(lambda: self._write(values), lambda: self._write_part(values))

    def _write(self, values: Any) -> None:
        self.builder.store(values, self.address, align=self.align)

    def _write_part(self, values: Any) -> None:
        if MASKED:
            arguments = [values, self.address, INT32(self.align), self.mask]
            call(self.builder, f"llvm.masked.store.{suffix(self.vector)}.p0", VOID, arguments)
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
            first = pick(builder, values, values, list(range(size)))
            with builder.if_then(there):
                yield builder.bitcast(address, first.type.as_pointer()), first
            others = [*range(size, values.type.count), *range(size)]
            values = builder.select(there, pick(builder, values, values, others), values)
            address = builder.select(there, builder.gep(address, [INT64(size)]), address)
            size //= 2
