"""Any table is read where it lies, and what is learned does not depend on how it lies.

Small integers and halves are the same number in every type, so a table of them must give the same
bits in every layout as in C order. `small_pieces` shrinks the pieces, windows and blocks that work
is cut into, so that tables of a few rows are cut everywhere a table of millions would be.
"""

import datetime
import decimal
import fractions
import itertools
import tempfile

import naive
import numpy as np
import pandas as pd
import pytest
from layouts import read_only, unaligned

import fastgd
from fastgd.data import frames, sources, tables
from fastgd.data import orders as order
from fastgd.gradients import full_pass as passes
from fastgd.gradients import gram, team
from fastgd.planning.pilot import sample

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

VARIANTS = ["batch", "stochastic", "minibatch"]
N, D = 41, 3
NAMES = ("a", "b", "c")
RNG = np.random.default_rng(0)
COUNTS = RNG.integers(0, 4, (N, D))
BITS = COUNTS > 1
HALVES = 0.5 * COUNTS - 1.0
WEIGHTS = RNG.integers(0, 3, N)
Y = HALVES @ [1.0, -2.0, 0.5] + 0.5 * RNG.integers(-1, 2, N)
MODES = {
    "textbook": {"learning_rate": 0.05, "max_iter": 3},
    "self-tuned": {"max_iter": 3, "tol": None},
}
PIECE_ROWS = 9  # neither whole batches nor whole quads of rows


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of nine rows in windows of 20, blocks of four."""
    monkeypatch.setattr(tables, "PIECE_VALUES", PIECE_ROWS * D)
    monkeypatch.setattr(sources, "BUFFERS_GATHERED", 1)
    monkeypatch.setattr(gram, "BLOCK_ROWS", PIECE_ROWS)
    monkeypatch.setattr(gram, "MEAN_ROWS", PIECE_ROWS)
    monkeypatch.setattr(frames, "CHUNK_ROWS", 1)
    monkeypatch.setattr(order, "WINDOW_WORK", 20 * (D + 16))
    monkeypatch.setattr(order, "PIECE_BYTES", 2 * D * 8)
    monkeypatch.setattr(order, "BUFFER_BYTES", 0)
    monkeypatch.setattr(order, "MIN_PIECES", 4)
    monkeypatch.setattr(order, "MIN_ROWS", 1)
    monkeypatch.setattr(passes, "BLOCK_VALUES", 4 * (D + 1))
    monkeypatch.setattr(passes, "CALL_VALUES", 16 * (D + 1))
    monkeypatch.setattr(team, "THREAD_VALUES", 1)
    monkeypatch.setattr(passes, "TASK_VALUES", 1)
    monkeypatch.setattr(sample, "SAMPLE_ROWS", PIECE_ROWS)


def fit(X, y=Y, variant="minibatch", mode="textbook", **settings):
    size = {"batch_size": 7} if variant == "minibatch" else {}
    return fastgd.fit(X, y, variant, **{**MODES[mode], **size, "random_state": 0, **settings})


def assert_same_bits(result, expected):
    assert result.coef_.dtype == expected.coef_.dtype
    assert result.coef_.tobytes() == expected.coef_.tobytes()
    assert result.intercept_ == expected.intercept_
    np.testing.assert_array_equal(result.history["loss"], expected.history["loss"])


# ----------------------------------------------------------------------------------------- layouts


class WithArray:
    """What NumPy can read through `__array__`, and nothing more."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype, copy=copy)


class WithDLPack:
    """What NumPy can read through DLPack, and nothing more."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **wanted):
        return self.values.__dlpack__(**wanted)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


class Subclass(np.ndarray):
    """An array that no arithmetic may be asked of."""

    def __array_ufunc__(self, *_, **__):
        raise AssertionError("the subclass was computed with")


def spread_out(values):
    """Every third row and second column of a larger table."""
    large = np.full((3 * len(values), *(2 * size for size in values.shape[1:])), 77, values.dtype)
    spread = large[::3, ::2] if values.ndim == 2 else large[::3]
    spread[:] = values
    return spread


def memory_map(values):
    order = "C" if values.flags.c_contiguous else "F"
    with tempfile.TemporaryFile() as file:
        file.write(values.tobytes(order))
        return np.memmap(file, values.dtype, "r", shape=values.shape, order=order)


def frame(values):
    return pd.DataFrame(values, columns=NAMES)


def blocks(values):
    """A frame of pandas whose columns do not lie together."""
    return pd.DataFrame({name: values[:, j].copy() for j, name in enumerate(NAMES)})


def mixed(counts):
    return pd.DataFrame(
        {"a": counts[:, 0].astype(np.int8), "b": 1.0 * counts[:, 1], "c": counts[:, 2] > 1}
    )


def polars(values):
    return pl.DataFrame({name: values[:, j].copy() for j, name in enumerate(NAMES)})


def arrow(values):
    return pa.table({name: values[:, j].copy() for j, name in enumerate(NAMES)})


CUTS = (0, 5, 5, 17, N)  # of chunked columns; one chunk is empty


def chunks(values):
    return [values[a:b] for a, b in itertools.pairwise(CUTS)]


def polars_chunks(values):
    return pl.concat([polars(part) for part in chunks(values)], rechunk=False)


def arrow_chunks(values):
    return pa.concat_tables([arrow(part) for part in chunks(values)])


def uneven_chunks(values):
    """Columns that are not cut at the same rows."""
    columns = [pa.chunked_array([values[: 7 * j + 1, j], values[7 * j + 1 :, j]]) for j in range(D)]
    return pa.table(columns, names=NAMES)


def arrow_beside_sparse(values):
    """Cuts between chunks of one column go through the others too."""
    parts = [frame(part).astype("int64[pyarrow]") for part in chunks(values)]
    return pd.concat(parts).assign(b=pd.arrays.SparseArray(values[:, 1]))


def stretched(values):
    """Rows that are all at one address."""
    return np.broadcast_to(values[0], values.shape)


def numbers(kind):
    return np.frompyfunc(kind, 1, 1)


# What holds the table; then its names, where it has them; then how to make it of numbers.
LAYOUTS = {
    "Fortran": (HALVES, None, np.asfortranarray),
    "strided": (HALVES, None, spread_out),
    "backwards": (HALVES, None, lambda values: values[::-1, ::-1].copy()[::-1, ::-1]),
    "rows backwards": (HALVES, None, lambda values: values[::-1].copy()[::-1]),
    "columns backwards": (HALVES, None, lambda values: values[:, ::-1].copy()[:, ::-1]),
    "read-only": (HALVES, None, read_only),
    "read-only Fortran": (HALVES, None, lambda values: read_only(values.T).T),
    "memory map": (HALVES, None, memory_map),
    "memory map, Fortran": (HALVES, None, lambda values: memory_map(np.asfortranarray(values))),
    "memory map of floats": (HALVES, None, lambda values: memory_map(values.astype(np.float16))),
    "one row": (HALVES, None, stretched),
    "one column": (HALVES, None, lambda values: np.broadcast_to(values[:, 1:2], (N, D))),
    "unaligned": (HALVES, None, unaligned),
    "unaligned floats": (HALVES, None, lambda values: unaligned(values.astype(np.float16))),
    **{
        f"{kind}": (COUNTS, None, lambda values, kind=kind: values.astype(kind))
        for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u2", "f2", "g", ">f8")
    },
    "int16, strided": (COUNTS, None, lambda values: spread_out(values.astype(np.int16))),
    "bool": (BITS, None, np.array),
    "bool, Fortran": (BITS, None, np.asfortranarray),
    "objects": (HALVES, None, lambda values: values.astype(object)),
    "decimals": (HALVES, None, numbers(decimal.Decimal)),
    "fractions": (HALVES, None, numbers(fractions.Fraction)),
    "objects of any kind": (COUNTS, None, lambda values: np.array(
        [[int(a), float(b), np.int8(c)] for a, b, c in values], dtype=object)),
    "objects that are bools": (BITS, None, lambda values: values.astype(object)),
    "list of lists": (HALVES, None, lambda values: values.tolist()),
    "list of arrays": (HALVES, None, list),
    "tuple": (HALVES, None, lambda values: tuple(map(tuple, values.tolist()))),
    "matrix": (HALVES, None, lambda values: values.view(np.matrix)),
    "subclass": (HALVES, None, lambda values: values.view(Subclass)),
    "masked, nothing masked": (HALVES, None, np.ma.masked_array),
    "__array__": (HALVES, None, WithArray),
    "__array__ of integers": (COUNTS, None, WithArray),
    "__dlpack__": (HALVES, None, WithDLPack),
    "__dlpack__, Fortran": (HALVES, None, lambda values: WithDLPack(np.asfortranarray(values))),
    "pandas": (HALVES, NAMES, frame),
    "pandas, many blocks": (HALVES, NAMES, blocks),
    "pandas, mixed": (COUNTS, NAMES, mixed),
    "pandas, bools": (BITS, NAMES, frame),
    "pandas, float32 and int": (COUNTS, NAMES, lambda values: frame(values).astype({"a": "f4"})),
    "pandas Float64": (HALVES, NAMES, lambda values: frame(values).astype("Float64")),
    "pandas Int64": (COUNTS, NAMES, lambda values: frame(values).astype("Int64")),
    "pandas boolean": (BITS, NAMES, lambda values: frame(values).astype("boolean")),
    "pandas Arrow": (HALVES, NAMES, lambda values: frame(values).astype("float64[pyarrow]")),
    "pandas Arrow bool": (BITS, NAMES, lambda values: frame(values).astype("bool[pyarrow]")),
    "pandas Sparse": (COUNTS, NAMES, lambda values: frame(values).astype("Sparse[int]")),
    "pandas Sparse, of few": (BITS, NAMES, lambda values: frame(values).astype(
        pd.SparseDtype(float, 1.0))),
    "pandas Sparse, all alike": (0 * COUNTS, NAMES, lambda values: frame(values).astype(
        "Sparse[int]").assign(c=Y)),
    "pandas Arrow, chunks beside Sparse": (COUNTS, NAMES, arrow_beside_sparse),
    "pandas objects": (HALVES, NAMES, lambda values: frame(values).astype(object)),
    "pandas decimals": (HALVES, NAMES, lambda values: frame(values).map(decimal.Decimal)),
    "pandas, numbers as names": (HALVES, None, pd.DataFrame),
    "pandas, some names": (HALVES, None, lambda values: pd.DataFrame(values, columns=["a", 1, 2])),
    "pandas, one name twice": (HALVES, ("a", "a", "b"), lambda values: pd.DataFrame(
        values, columns=["a", "a", "b"])),
    "pandas, one name twice, mixed": (COUNTS, ("a", "a", "b"), lambda values: mixed(
        values).set_axis(["a", "a", "b"], axis=1)),
    "pandas, names in levels": (HALVES, None, lambda values: pd.DataFrame(
        values, columns=pd.MultiIndex.from_tuples([("x", 1), ("x", 2), ("y", 1)]))),
    "pandas, an index of floats": (HALVES, NAMES, lambda values: frame(values).set_axis(
        np.linspace(1.0, 0.0, N))),
    "pandas, backwards": (HALVES, NAMES, lambda values: frame(values[::-1]).iloc[::-1]),
    "pandas, columns chosen": (HALVES, ("c", "a"), lambda values: frame(values)[["c", "a"]]),
    "pandas, columns cut out": (HALVES, ("b", "c"), lambda values: frame(values).loc[:, "b":]),
    "pandas, one column": (HALVES, ("b",), lambda values: frame(values)[["b"]]),
    "polars": (HALVES, NAMES, polars),
    "polars, chunks": (HALVES, NAMES, polars_chunks),
    "polars, integers": (COUNTS, NAMES, polars),
    "polars, bools": (BITS, NAMES, polars),
    "polars, bools in chunks": (BITS, NAMES, polars_chunks),
    "polars, Float32 and bool": (COUNTS, NAMES, lambda values: polars(values).with_columns(
        pl.col("a").cast(pl.Float32), pl.col("b") > 1)),
    "polars, decimals": (COUNTS, NAMES, lambda values: polars(values).cast(pl.Decimal(10, 2))),
    "polars, cut out": (HALVES, NAMES, lambda values: polars(np.vstack([values, values]))[5:5 + N]),
    "polars, backwards": (HALVES, NAMES, lambda values: polars(values).reverse()),
    "Arrow": (HALVES, NAMES, arrow),
    "Arrow, chunks": (HALVES, NAMES, arrow_chunks),
    "Arrow, uneven chunks": (HALVES, NAMES, uneven_chunks),
    "Arrow, bools": (BITS, NAMES, arrow),
    "Arrow, bools in chunks": (BITS, NAMES, arrow_chunks),
    "Arrow, bools beside chunks": (BITS, NAMES, lambda values: arrow(values).set_column(
        1, "b", pa.chunked_array(chunks(1.0 * values[:, 1])))),
    "Arrow, cut out": (BITS, NAMES, lambda values: arrow(np.vstack([values, values])).slice(3, N)),
    "Arrow batch": (HALVES, NAMES, lambda values: arrow(values).to_batches()[0]),
    "Arrow batch of bools": (BITS, NAMES, lambda values: arrow(values).to_batches()[0]),
}  # fmt: skip


def contents(table):
    """The numbers of a table in C order and float64, by those who made it."""
    if isinstance(table, WithDLPack):
        table = table.values
    if isinstance(table, (pa.Table, pa.RecordBatch)):
        table = table.to_pandas()
    if hasattr(table, "to_numpy"):
        table = table.to_numpy()
    return np.array(table, dtype=np.float64, order="C", subok=False)


def looks(table):
    """What may be told from outside of an array, beside its contents."""
    if not isinstance(table, np.ndarray):
        return type(table)
    return type(table), table.dtype, table.strides, table.flags.writeable, table.ctypes.data


@pytest.mark.compiled
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_layout_gives_the_bits_of_c_order(variant, layout, small_pieces):
    values, names, make = LAYOUTS[layout]
    table = make(values)
    before, looked = contents(table), looks(table)
    for mode in MODES:
        expected, result = fit(before, Y, variant, mode), fit(table, Y, variant, mode)
        assert_same_bits(result, expected)
        kept = result.feature_names_in_
        assert (None if kept is None else tuple(kept)) == names
        z = expected.decision_function(before)
        np.testing.assert_allclose(result.decision_function(table), z, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(result.predict(table), z, rtol=1e-12, atol=1e-14)
        assert result.score(table, Y) == pytest.approx(expected.score(before, Y), rel=1e-9)
    assert contents(table).tobytes() == before.tobytes()
    assert looks(table) == looked


FLOAT32 = {
    "Fortran": np.asfortranarray,
    "strided": spread_out,
    "backwards": lambda values: values[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": read_only,
    "unaligned": unaligned,
    "big-endian": lambda values: values.astype(">f4"),
    "memory map": memory_map,
    "pandas": frame,
    "pandas, many blocks": blocks,
    "pandas Float32": lambda values: frame(values).astype("Float32"),
    "pandas Sparse": lambda values: frame(values).astype(pd.SparseDtype("f4", 0.0)),
    "polars": polars,
    "polars, chunks": polars_chunks,
    "Arrow, chunks": arrow_chunks,
    "__dlpack__": WithDLPack,
}


@pytest.mark.parametrize("layout", FLOAT32)
@pytest.mark.parametrize("variant", VARIANTS)
def test_float32_stays_float32_in_every_layout(variant, layout, small_pieces):
    values = RNG.standard_normal((N, D)).astype(np.float32)
    y = values @ [1.0, -2.0, 0.5] + 0.5 * RNG.integers(-1, 2, N)
    table = FLOAT32[layout](values)
    for mode in MODES:
        result = fit(table, y, variant, mode)
        assert_same_bits(result, fit(values, y, variant, mode))
        assert result.coef_.dtype == np.float32


# ---------------------------------------------------------------------------------- cuts, threads

CUT_LAYOUTS = [
    "Fortran",
    "i4",
    "pandas, mixed",
    "polars, bools in chunks",
    "pandas Arrow, chunks beside Sparse",
]
ORDERS = {
    "shuffled": {},
    "as they lie": {"shuffle": False},
    "replacement": {"shuffle": "replacement"},
    "injected": {"shuffle": RNG.integers(0, N, (3, 50))},
}


@pytest.mark.parametrize("visits", ORDERS)
@pytest.mark.parametrize("batch_size", [1, 3, 4, 5, 7, 10, N])
def test_batches_that_span_pieces_are_whole(batch_size, visits, small_pieces):
    """Momentum remembers where its steps were taken."""
    settings = {"batch_size": batch_size, "optimizer": "momentum", "sample_weight": WEIGHTS}
    settings["learning_rate"] = 0.05 * batch_size / N
    for layout in CUT_LAYOUTS:
        values, _, make = LAYOUTS[layout]
        table = make(values)
        expected = fit(contents(table), **settings, **ORDERS[visits])
        assert_same_bits(fit(table, **settings, **ORDERS[visits]), expected)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("layout", CUT_LAYOUTS)
def test_pieces_leave_no_row_out(layout, variant, small_pieces):
    """The naive loop knows no pieces."""
    values, _, make = LAYOUTS[layout]
    table = make(values)
    visits = ORDERS["injected"]["shuffle"]
    shuffle = {"shuffle": visits} if variant != "batch" else {}
    result = fit(table, Y, variant, sample_weight=WEIGHTS, **shuffle)
    path = naive.descend(
        contents(table), Y, variant=variant, learning_rate=0.05, order=visits, batch_size=7,
        sample_weight=WEIGHTS,
    )  # fmt: skip
    np.testing.assert_allclose([*result.coef_, result.intercept_], path[-1], rtol=1e-12)


@pytest.mark.parametrize("layout", [*CUT_LAYOUTS, "polars, chunks", "Arrow, uneven chunks"])
def test_threads_change_no_bit_in_any_layout(layout, small_pieces):
    values, _, make = LAYOUTS[layout]
    table = make(values)
    one, two, three = (fit(table, Y, "batch", max_iter=9, n_threads=k) for k in (1, 2, 3))
    assert_same_bits(two, one)
    assert_same_bits(three, one)


# --------------------------------------------------------------------------- never a second table


class CountingColumn:
    """A column that notes how many rows are asked for at a time, and is never given away whole."""

    def __init__(self, name, values):
        self.name, self.values, self.asked = name, values, []

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        self.asked.append(len(self.values[rows]))
        return self.values[rows].copy()

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("the whole column was asked for")


class CountingFrame:
    def __init__(self, values):
        self.columns = [CountingColumn(name, values[:, j]) for j, name in enumerate(NAMES)]

    def iter_columns(self):
        return iter(self.columns)

    def most(self):
        return max(max(column.asked) for column in self.columns)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_columns_are_asked_for_a_piece_at_a_time(variant, mode, small_pieces):
    table = CountingFrame(HALVES)
    result = fit(table, Y, variant, mode, record=["objective", "grad_norm"])
    result.score(table, Y)
    assert_same_bits(result, fit(HALVES, Y, variant, mode))
    assert table.most() <= PIECE_ROWS


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_wrong_is_looked_for_a_piece_at_a_time(bad, small_pieces):
    values = HALVES.copy()
    values[30, 1] = bad
    table = CountingFrame(values)
    with pytest.raises(ValueError, match=r"first in row 30, column 1 \('b'\); 1 in all"):
        fit(table, n_threads=1)
    with pytest.raises(ValueError, match=r"first in row 30, column 1 \('b'\); 1 in all"):
        fit(HALVES).predict(table)
    assert table.most() <= PIECE_ROWS


@pytest.mark.compiled  # Python's own arithmetic with infinity warns in threads
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("make", [np.array, lambda values: pd.DataFrame(values).assign(a=1)])
def test_numbers_that_float64_does_not_hold_are_infinite_without_other_noise(
    make, threads, small_pieces
):
    values = HALVES.astype(np.longdouble)
    if np.finfo(np.longdouble).max == np.finfo(np.float64).max:
        pytest.skip("long double is float64 here")
    values[30, 1] = np.longdouble(10) ** 400
    message = "infinity or a value too large .*row 30, column 1"
    for variant in VARIANTS:
        with pytest.raises(ValueError, match=message):
            fit(make(values), Y, variant, n_threads=threads)
    with pytest.raises(ValueError, match=message):
        fit(make(HALVES)).predict(make(values))


@pytest.mark.parametrize("layout", ["Fortran", "strided", "i4", ">f8", "unaligned", "pandas"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_arrays_are_converted_a_piece_at_a_time(variant, layout, small_pieces, monkeypatch):
    asked = []

    between, fill = tables.ArrayTable.between, tables.ArrayTable.fill

    def spied_between(self, *arguments):
        asked.append(between(self, *arguments))
        return asked[-1]

    def spied_fill(self, rows, out):
        asked.append(out)
        fill(self, rows, out)

    monkeypatch.setattr(tables.ArrayTable, "between", spied_between)
    monkeypatch.setattr(tables.ArrayTable, "fill", spied_fill)
    values, _, make = LAYOUTS[layout]
    table = make(values)
    for mode in MODES:
        fit(table, Y, variant, mode).score(table, Y)
    assert max(map(len, asked)) <= PIECE_ROWS


@pytest.mark.parametrize("layout", ["read-only", "memory map", "subclass", "__dlpack__"])
def test_what_lies_in_c_order_is_not_even_converted(layout, small_pieces, monkeypatch):
    values, _, make = LAYOUTS[layout]
    table = make(values)
    monkeypatch.delattr(tables.ArrayTable, "between")
    monkeypatch.delattr(tables.ArrayTable, "fill")
    for variant in VARIANTS:
        fit(table, Y, variant)


def test_chunks_of_a_few_rows_are_joined():
    """Views of them would take more memory than a copy."""
    table = pl.concat([polars(HALVES[k : k + 1]) for k in range(N)], rechunk=False)
    assert fit(table).coef_.tobytes() == fit(HALVES).coef_.tobytes()
    assert all(isinstance(frames.read_column(column), np.ndarray) for column in table)
    large = pl.concat([pl.Series(np.ones(600)), pl.Series(np.ones(600))], rechunk=False)
    assert isinstance(frames.read_column(large), frames.Chunked)


# ------------------------------------------------------------------------ targets, weights, labels

TARGETS = {
    "list": list,
    "tuple": tuple,
    "strided": spread_out,
    "backwards": lambda values: values[::-1].copy()[::-1],
    "read-only": read_only,
    "unaligned": unaligned,
    "memory map": memory_map,
    "big-endian": lambda values: values.astype(values.dtype.newbyteorder(">")),
    "objects": lambda values: values.astype(object),
    "decimals": lambda values: [decimal.Decimal(float(value)) for value in values],
    "fractions": lambda values: numbers(fractions.Fraction)(1.0 * values),
    "long double": lambda values: values.astype(np.longdouble),
    "half": lambda values: values.astype(np.float16),
    "__array__": WithArray,
    "__dlpack__": WithDLPack,
    "pandas": pd.Series,
    "pandas, shuffled index": lambda values: pd.Series(values, index=RNG.permutation(N)),
    "pandas Float64": lambda values: pd.Series(values, dtype="Float64"),
    "pandas Arrow": lambda values: pd.Series(1.0 * values, dtype="float64[pyarrow]"),
    "pandas Sparse": lambda values: pd.Series(pd.arrays.SparseArray(values)),
    "pandas array": lambda values: pd.array(values),
    "polars": pl.Series,
    "polars, chunks": lambda values: pl.concat(map(pl.Series, chunks(values)), rechunk=False),
    "Arrow": pa.array,
    "Arrow, chunks": lambda values: pa.chunked_array(chunks(values)),
}


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_targets_and_weights_may_come_in_any_kind(variant, kind, small_pieces):
    make, weights = TARGETS[kind], WEIGHTS.astype(np.int16)
    X = np.asfortranarray(HALVES)
    for y in (Y, Y.astype(np.float32), (2 * Y).astype(np.int8)):
        expected = fit(HALVES, y.astype(np.float64), variant, sample_weight=1.0 * WEIGHTS)
        result = fit(X, make(y), variant, sample_weight=make(weights))
        assert_same_bits(result, expected)
        score = expected.score(HALVES, y, WEIGHTS)
        assert result.score(X, make(y), make(weights)) == pytest.approx(score, rel=1e-12)


@pytest.mark.parametrize(
    "kind", [np.array, list, pl.Series, pa.array, lambda values: pd.Series(values, dtype="boolean")]
)
def test_targets_and_weights_may_be_bools(kind):
    bits = Y > 0
    expected = fit(HALVES, 1.0 * bits, sample_weight=1.0 * bits)
    assert_same_bits(fit(HALVES, kind(bits), sample_weight=kind(bits)), expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda y: y[:, None],
        lambda y: pd.DataFrame({"y": y}),
        lambda y: pl.DataFrame({"y": y}),
        lambda y: pa.table({"y": y}),
    ],
)
def test_a_frame_of_targets_is_a_column(make):
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        result = fit(HALVES, make(Y))
    assert_same_bits(result, fit(HALVES, Y))


WORDS = np.where(Y > 0, "yes", "no")
LABELS = {
    "words": (WORDS, np.array),
    "list of words": (WORDS, np.ndarray.tolist),
    "bytes": (WORDS, lambda values: values.astype("S3")),
    "NumPy's own strings": (WORDS, lambda values: values.astype(np.dtypes.StringDType())),
    "words backwards": (WORDS, lambda values: values[::-1].copy()[::-1]),
    "pandas": (WORDS, pd.Series),
    "pandas objects": (WORDS, lambda values: pd.Series(values, dtype=object)),
    "pandas string": (WORDS, lambda values: pd.Series(values, dtype="string")),
    "pandas Arrow": (WORDS, lambda values: pd.Series(values, dtype=pd.ArrowDtype(pa.string()))),
    "pandas category": (WORDS, lambda values: pd.Series(pd.Categorical(values))),
    "pandas Categorical, unused": (WORDS, lambda values: pd.Categorical(
        values, ["yes", "perhaps", "no"])),
    "polars": (WORDS, pl.Series),
    "polars Categorical": (WORDS, lambda values: pl.Series(values, dtype=pl.Categorical)),
    "polars Enum": (WORDS, lambda values: pl.Series(values, dtype=pl.Enum(["yes", "no"]))),
    "Arrow": (WORDS, pa.array),
    "Arrow, chunks": (WORDS, lambda values: pa.chunked_array(chunks(values))),
    "Arrow dictionary": (WORDS, lambda values: pa.array(values).dictionary_encode()),
    "bools": (Y > 0, np.array),
    "pandas boolean": (Y > 0, lambda values: pd.Series(values, dtype="boolean")),
    "pandas Arrow bool": (Y > 0, lambda values: pd.Series(values, dtype="bool[pyarrow]")),
    "polars bool": (Y > 0, pl.Series),
    "Arrow bool": (Y > 0, pa.array),
    "unsigned": (np.where(Y > 0, 7, 5), lambda values: values.astype(np.uint8)),
    "big-endian": (np.where(Y > 0, 7, 5), lambda values: values.astype(">i4")),
    "strided": (np.where(Y > 0, 7, 5), spread_out),
    "pandas Int64": (np.where(Y > 0, 7, 5), lambda values: pd.Series(values, dtype="Int64")),
    "pandas category of numbers": (np.where(Y > 0, 7, 5), pd.Categorical),
    "half": (np.where(Y > 0, 0.5, -2), lambda values: values.astype(np.float16)),
    "decimals": (np.where(Y > 0, 0.5, -2), numbers(decimal.Decimal)),
}  # fmt: skip


@pytest.mark.parametrize("kind", LABELS)
def test_labels_may_come_in_any_kind(kind):
    values, make = LABELS[kind]
    labels = make(values)
    expected = fit(HALVES, np.where(Y > 0, 1, -1), loss="log_loss")
    result = fit(HALVES, labels, loss="log_loss")
    assert_same_bits(result, expected)
    read = np.asarray(labels)
    assert list(result.classes_) == [read[np.argmax(Y <= 0)], read[np.argmax(Y > 0)]]
    assert result.score(HALVES, labels) == expected.score(HALVES, np.where(Y > 0, 1, -1)) > 0.6


# ------------------------------------------------------------------------------ what cannot be read

EMPTY = {
    "pandas, no rows": (frame(HALVES)[:0], 0, D),
    "pandas, no columns": (pd.DataFrame(index=range(N)), N, 0),
    "pandas, nothing": (pd.DataFrame(), 0, 0),
    "pandas, no rows of many types": (mixed(COUNTS)[:0], 0, D),
    "polars, no rows": (polars_chunks(BITS)[:0], 0, D),
    "polars, nothing": (pl.DataFrame(), 0, 0),
    "Arrow, no rows": (arrow(HALVES)[:0], 0, D),
    "Arrow, no chunk": (pa.table({"a": pa.chunked_array([], pa.float64())}), 0, 1),
    "__array__": (WithArray(HALVES[:0]), 0, D),
    "list": ([[]] * N, N, 0),
}


@pytest.mark.parametrize("case", EMPTY)
def test_a_table_of_nothing_is_refused(case):
    table, n, d = EMPTY[case]
    what = "0 sample" if n == 0 else "0 feature"
    with pytest.raises(ValueError, match=rf"Found array with {what}\(s\) \(shape=\({n}, {d}\)\)"):
        fit(table)


HOLES = [1.0, None, 3.0, None]
BAD_COLUMNS = {
    "pandas Float64": (pd.DataFrame({"b": pd.array(HOLES, "Float64")}), "row 1; 2 in all"),
    "pandas Int64": (pd.DataFrame({"b": pd.array(HOLES, "Int64")}), "row 1; 2 in all"),
    "pandas Int64, two": (pd.DataFrame({"b": pd.array(HOLES, "Int64"), "c": 1}), "row 1; 2 in"),
    "pandas Arrow": (pd.DataFrame({"b": pd.array(HOLES, "float64[pyarrow]")}), "row 1; 2 in all"),
    "pandas Sparse": (pd.DataFrame({"b": pd.arrays.SparseArray([1.0, np.nan])}), "row 1; 1 in all"),
    "pandas category": (pd.DataFrame({"b": pd.Categorical(["x", "y"])}), "must be numeric"),
    "pandas times": (pd.DataFrame({"b": pd.date_range("2020", periods=4, tz="UTC")}), "Timestamp"),
    "polars": (pl.DataFrame({"b": HOLES}), "row 1; 2 in all"),
    "polars, chunks": (pl.concat([pl.DataFrame({"b": ["x"] * 600})] * 2, rechunk=False),
                       "must be numeric; got.*'x'"),
    "polars Enum": (pl.DataFrame({"b": ["x"]}, {"b": pl.Enum(["x"])}), "must be numeric; got.*'x'"),
    "polars dates": (pl.DataFrame({"b": [datetime.date(2020, 1, 1)]}), "convert times to numbers"),
    "polars lists": (pl.DataFrame({"b": [[1, 2], [3, 4]]}), "must be numeric"),
    "Arrow": (pa.table({"b": HOLES}), "row 1; 2 in all"),
    "Arrow, chunks": (pa.table({"b": pa.chunked_array([[1.0], HOLES])}), "row 2; 2 in all"),
    "Arrow batch": (pa.RecordBatch.from_pydict({"b": ["x"]}), "must be numeric; got.*'x'"),
    "Arrow dictionary": (pa.table({"b": pa.array(["x"]).dictionary_encode()}), "must be numeric"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_COLUMNS)
def test_a_bad_column_is_named(case):
    table, message = BAD_COLUMNS[case]
    with pytest.raises((TypeError, ValueError), match=f"X, in column 'b', .*{message}"):
        fit(table, np.arange(len(table)))


@pytest.mark.parametrize(
    "holes",
    [
        pd.Series(HOLES, dtype="Float64"),
        pl.Series(HOLES),
        pa.array(HOLES),
        pa.chunked_array([HOLES]),
        pl.DataFrame({"y": HOLES}),
        pd.DataFrame({"y": pd.array(HOLES, "Int64")}),
    ],
)
def test_targets_and_weights_that_are_missing_are_counted(holes):
    with pytest.raises(ValueError, match=r"y has missing values \(first in row 1; 2 in all\)"):
        fit(HALVES[:4], holes)
    with pytest.raises(
        ValueError, match=r"sample_weight has missing values \(first in row 1; 2 in"
    ):
        fit(HALVES[:4], Y[:4], sample_weight=holes)


def test_names_are_told_where_a_frame_does_not_fit():
    result = fit(polars(HALVES))
    assert_same_bits(result, fit(frame(HALVES)))
    np.testing.assert_array_equal(result.predict(arrow(HALVES)), result.predict(polars(HALVES)))
    with pytest.raises(ValueError, match=r"\['a', 'b', 'c'\]; got \['c', 'b', 'a'\]"):
        result.predict(arrow(HALVES).select(["c", "b", "a"]))


def test_numbers_are_float32_only_where_all_of_them_are():
    single, double, whole = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int32)
    assert tables.kernel_dtype([single, single]) == single
    for other in (double, whole, np.dtype(bool), np.dtype(np.float16)):
        for mixture in ([other], [single, other], [other, single]):
            assert tables.kernel_dtype(mixture) == double
