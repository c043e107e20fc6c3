"""The order of visits: a permutation, uniform where it says so, a function of the seed alone."""

import itertools

import numpy as np
import pytest

import fastgd
from fastgd.data import orders as order
from fastgd.data.orders import draw_seed, make_order
from fastgd.kernels import shuffle as kernels

# ------------------------------------------------------------------------------------ permutations


def shape_of(n, d):
    """Rows per piece, per buffer and per window of a table."""
    made = make_order(n, d, 0, True)
    return made.piece_rows, made.buffer_rows, made.window


def make_small(monkeypatch, piece_bytes, pieces):
    """Let pieces be so small, and buffers so few of them."""
    monkeypatch.setattr(order, "PIECE_BYTES", piece_bytes)
    monkeypatch.setattr(order, "BUFFER_BYTES", 0)
    monkeypatch.setattr(order, "MIN_PIECES", pieces)
    monkeypatch.setattr(order, "MIN_ROWS", 1)


LARGE = 1 << 20
EDGES = [
    (n + k, d)
    for d, rows, pieces in ((10, 32, 100), (100, 16, 20), (2000, 16, 16))  # of a piece, of a buffer
    for n in (rows, 2 * rows, pieces * rows, (pieces + 1) * rows, 2 * pieces * rows)
    for k in (-1, 0, 1)
]


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000])
@pytest.mark.parametrize("d", [1, 3, 2000])
def test_every_row_is_visited_once(n, d):
    for epoch in range(3):
        visits = fastgd.visiting_order(n, d, 0, epoch)
        assert visits.dtype == np.int64
        np.testing.assert_array_equal(np.sort(visits), np.arange(n))


@pytest.mark.parametrize(("n", "d"), [(n, d) for n, d in EDGES if n > 0])
def test_every_row_is_visited_once_around_pieces_and_buffers(n, d):
    np.testing.assert_array_equal(np.sort(fastgd.visiting_order(n, d, 1)), np.arange(n))


@pytest.mark.compiled
@pytest.mark.parametrize("d", [3, 100])
def test_every_row_is_visited_once_around_windows(d):
    window = shape_of(LARGE, d)[2]
    assert 1 < window < LARGE
    for n in (window - 1, window, window + 1, 2 * window, 3 * window + 7):
        np.testing.assert_array_equal(np.sort(fastgd.visiting_order(n, d, 2, 5)), np.arange(n))


def test_every_row_is_visited_once_however_small_the_pieces(monkeypatch):
    """All sizes through several windows of a buffer of four pieces of three rows."""
    make_small(monkeypatch, 3 * 2 * 8, 4)
    monkeypatch.setattr(order, "WINDOW_WORK", 13 * (2 + 16))
    assert shape_of(100, 2) == (3, 12, 12)
    for n in range(1, 60):
        for epoch in (0, 1):
            visits = fastgd.visiting_order(n, 2, n, epoch)
            np.testing.assert_array_equal(np.sort(visits), np.arange(n))


@pytest.mark.parametrize("shuffle", [True, False, "replacement"])
def test_rows_do_not_depend_on_how_they_are_asked_for(shuffle, monkeypatch):
    """Whole windows, single visits, one epoch after another or in turns."""
    make_small(monkeypatch, 3 * 2 * 8, 4)
    monkeypatch.setattr(order, "WINDOW_WORK", 13 * (2 + 16))
    n = 50
    whole = [fastgd.visiting_order(n, 2, 9, epoch, shuffle=shuffle) for epoch in range(3)]
    made = make_order(n, 2, draw_seed(9), shuffle)
    for epoch in (0, 2, 1, 0):
        single = [made.rows(epoch, k, k + 1)[0][0] for k in range(n)]
        np.testing.assert_array_equal(single, whole[epoch])
    in_turns = [[made.rows(epoch, k, k + 1)[0][0] for epoch in (0, 1)] for k in range(n)]
    np.testing.assert_array_equal(in_turns, np.column_stack(whole[:2]))


@pytest.mark.parametrize("buffers", [1, 2, 5])
@pytest.mark.parametrize("shuffle", [True, False, "replacement"])
def test_rows_to_ask_for_exist(shuffle, buffers, monkeypatch):
    make_small(monkeypatch, 3 * 2 * 8, 4)
    monkeypatch.setattr(order, "WINDOW_WORK", 13 * (2 + 16))
    for n in (1, 2, 11, 12, 13, 50):
        made = make_order(n, 2, 3, shuffle)
        made.prefetch_by(buffers)
        for start in range(0, n, made.window):
            rows, coming = made.rows(0, start, min(n, start + made.window))
            assert rows.shape == coming.shape
            assert coming.min() >= 0 and coming.max() < n


def test_threads_in_turn_ask_for_their_own_rows(monkeypatch):
    """With two, those of the buffer after the next: in whatever order, all of them."""
    make_small(monkeypatch, 3 * 2 * 8, 4)
    monkeypatch.setattr(order, "WINDOW_WORK", 36 * (2 + 16))
    n = 144
    made = make_order(n, 2, 3, True)
    before = made.rows(0, 0, 36)[0].copy()
    made.prefetch_by(2)
    rows, coming = made.rows(0, 0, 36)
    np.testing.assert_array_equal(rows, before)
    coming = coming.copy()
    everything = np.concatenate([made.rows(0, k, k + 36)[0].copy() for k in range(0, n, 36)])
    size = made.buffer_rows
    for k in range(0, 36, size):
        later = everything[k + 2 * size : k + 3 * size]
        np.testing.assert_array_equal(np.sort(coming[k : k + size]), np.sort(later))


@pytest.mark.parametrize("shuffle", [True, False, "replacement"])
def test_windows_lie_in_the_same_place(shuffle, monkeypatch):
    """Who reads them meanwhile need not be told of each."""
    monkeypatch.setattr(order, "WINDOW_WORK", 13 * (2 + 16))
    made = make_order(50, 2, 3, shuffle)
    places = {
        (rows.ctypes.data, coming.ctypes.data)
        for visit in range(50)
        for rows, coming, _ in [made.window_of(0, visit)]
    }
    assert len(places) == 1


# ------------------------------------------------------------------------- a function of the seed


def test_the_order_follows_from_seed_and_epoch_alone():
    first = [fastgd.visiting_order(500, 3, seed, e) for seed in (0, 1, 2) for e in (0, 1, 2)]
    np.random.default_rng(0).random(5)
    again = [fastgd.visiting_order(500, 3, seed, e) for seed in (0, 1, 2) for e in (0, 1, 2)]
    np.testing.assert_array_equal(first, again)
    for one, other in itertools.combinations(first, 2):
        assert np.mean(one == other) < 0.05


def test_a_generator_moves_on_and_an_int_stands_for_itself():
    rng = np.random.default_rng(0)
    one, other = (fastgd.visiting_order(100, 3, rng) for _ in range(2))
    assert (one != other).any()
    same = fastgd.visiting_order(100, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(one, same)
    assert (fastgd.visiting_order(100, 3) != fastgd.visiting_order(100, 3)).any()
    numpy_int = fastgd.visiting_order(100, 3, np.int32(5))
    np.testing.assert_array_equal(numpy_int, fastgd.visiting_order(100, 3, 5))


GOLDEN = {  # (n, d, seed, epoch): the first eight visits, and the sum of place (from 1) times row
    (8, 3, 0, 0): ([1, 4, 6, 2, 7, 3, 5, 0], 123),
    (8, 3, 0, 1): ([4, 7, 5, 3, 1, 0, 2, 6], 112),
    (8, 3, 1, 0): ([1, 5, 6, 3, 2, 7, 0, 4], 125),
    (1000, 100, 42, 0): ([789, 127, 407, 109, 187, 779, 823, 702], 245309234),
    (3000, 200, 42, 7): ([2553, 261, 2556, 2563, 277, 2978, 1286, 992], 6674586910),
}


@pytest.mark.parametrize("case", GOLDEN, ids=str)
def test_the_order_is_the_one_of_earlier_versions(case):
    """Without compiled code, on every machine: a seed in a paper still means the same run."""
    visits = fastgd.visiting_order(*case)
    first, total = GOLDEN[case]
    np.testing.assert_array_equal(visits[:8], first)
    assert visits @ np.arange(1, len(visits) + 1) == total


def test_the_generator_is_splitmix64():
    """The reference numbers of seed 1234567 (Vigna's splitmix64.c), their upper 32 bits scaled."""
    reference = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    state, bound = np.array([1234567], dtype=np.uint64), 10**6
    with np.errstate(over="ignore"):
        numbers = [int(kernels.draw_below(np.uint64(bound), state)) for _ in reference]
    assert numbers == [(number >> 32) * bound >> 32 for number in reference]


# --------------------------------------------------------------------------------------- uniformity


def chi_squared(counts):
    expected = np.mean(counts)
    return float(np.sum((np.asarray(counts) - expected) ** 2) / expected)


def limit(cells):
    """What chi-squared with cells - 1 degrees of freedom exceeds once in 10,000."""
    freedom = cells - 1
    return freedom * (1 - 2 / (9 * freedom) + 3.72 * np.sqrt(2 / (9 * freedom))) ** 3


def seen(orders, cells):
    counts = dict.fromkeys(cells, 0)
    for visits in orders:
        counts[tuple(visits)] += 1
    return list(counts.values())


@pytest.mark.parametrize("over", ["epochs", "seeds"])
def test_all_orders_of_four_rows_are_equally_likely(over):
    draws = range(1200)
    orders = [fastgd.visiting_order(4, 2, *((7, k) if over == "epochs" else (k, 0))) for k in draws]
    counts = seen(orders, itertools.permutations(range(4)))
    assert chi_squared(counts) < limit(24)


def test_an_epoch_tells_nothing_about_the_next():
    first = [fastgd.visiting_order(5, 1, 3, epoch)[0] for epoch in range(2001)]
    counts = np.zeros((5, 5))
    np.add.at(counts, (first[:-1], first[1:]), 1)
    assert chi_squared(counts) < limit(25)


def test_each_place_of_a_table_in_pieces_gets_each_row_equally_often(monkeypatch):
    """Twenty rows in pieces of three, four pieces a buffer."""
    make_small(monkeypatch, 3 * 8, 4)
    orders = np.array([fastgd.visiting_order(20, 1, 3, epoch) for epoch in range(2200)])
    for place in (0, 11, 12, 19):
        assert chi_squared(np.bincount(orders[:, place], minlength=20)) < limit(20)


def test_draws_with_replacement_are_uniform_and_independent():
    visits = np.concatenate(
        [fastgd.visiting_order(7, 2, 5, epoch, shuffle="replacement") for epoch in range(900)]
    )
    assert chi_squared(np.bincount(visits, minlength=7)) < limit(7)
    counts = np.zeros((7, 7))
    np.add.at(counts, (visits[:-1], visits[1:]), 1)
    assert chi_squared(counts) < limit(49)


@pytest.mark.compiled
def test_two_levels_mix_a_sorted_table():
    """Every buffer's rows are a sample of the whole table: on sorted rows their means agree.

    A buffer of 51 pieces of consecutive rows has the mean of a sample of 51.
    """
    n, d = 400_000, 20
    piece, buffer, _ = shape_of(n, d)
    pieces = buffer // piece
    assert pieces == 51
    assert n > 100 * buffer
    visits = fastgd.visiting_order(n, d, 0)
    means = visits[: n // buffer * buffer].reshape(-1, buffer).mean(axis=1) / n
    expected = np.sqrt(1 / 12 / pieces)
    assert means.std() == pytest.approx(expected, rel=0.2)
    assert abs(means - 0.5).max() < 4.5 * expected
    neighbours = np.abs(np.diff(visits)) == 1
    assert neighbours.mean() < 4 / pieces  # consecutive rows rarely follow each other


@pytest.mark.parametrize(("n", "d"), [(33_000, 1), (40_000, 1), (70_000, 1), (40_000, 10)])
def test_no_buffer_is_much_smaller_than_the_others(n, d):
    """Its rows would come last, and be of so few pieces that they may all be alike."""
    _, buffer, _ = shape_of(n, d)
    assert n % buffer == 0 or n % buffer > 0.75 * buffer


@pytest.mark.parametrize("d", [1, 3, 2000])
def test_a_table_that_fits_a_buffer_is_shuffled_in_one_level(d):
    n = order.MIN_PIECES
    assert shape_of(n, d)[1] >= n


def test_pieces_begin_elsewhere_in_each_epoch(monkeypatch):
    """Two rows that share a piece in one epoch need not share one in the next."""
    make_small(monkeypatch, 2 * 8, 4)
    assert shape_of(40, 1)[:2] == (2, 8)
    together = [
        abs(np.subtract(*np.flatnonzero(np.isin(fastgd.visiting_order(40, 1, 0, e), (4, 5)))))
        for e in range(40)
    ]
    assert 5 < sum(distance < 8 for distance in together) < 35


# ------------------------------------------------------------------------ what fit really visits


@pytest.mark.parametrize("shuffle", [True, False, "replacement"])
def test_fit_visits_what_visiting_order_says(shuffle, monkeypatch):
    """A step of rate 1 on x = (1, 0) puts the row's target into the coefficient."""
    make_small(monkeypatch, 3 * 2 * 8, 4)
    monkeypatch.setattr(order, "WINDOW_WORK", 13 * (2 + 16))
    n = 100
    X = np.column_stack([np.ones(n), np.zeros(n)])
    result = fastgd.fit(
        X, np.arange(n), "stochastic", learning_rate=1.0, fit_intercept=False, shuffle=shuffle,
        max_iter=3, random_state=6, record_path=1,
    )  # fmt: skip
    expected = [fastgd.visiting_order(n, 2, 6, epoch, shuffle=shuffle) for epoch in range(3)]
    np.testing.assert_array_equal(result.path[1:, 0], np.concatenate(expected))


@pytest.mark.compiled
def test_fit_visits_what_visiting_order_says_of_a_large_table():
    n = 300_000
    X = np.column_stack([np.ones(n), np.zeros(n)])
    result = fastgd.fit(
        X, np.arange(n), "stochastic", learning_rate=1.0, fit_intercept=False, max_iter=1,
        random_state=6, record_path=1000,
    )  # fmt: skip
    expected = fastgd.visiting_order(n, 2, 6)
    np.testing.assert_array_equal(result.path[1:, 0], expected[999::1000])


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((0, 3), ValueError, "n must be an integer >= 1; got 0"),
        ((5, 0), ValueError, "d must be an integer >= 1; got 0"),
        ((5.5, 3), ValueError, "n must be an integer >= 1; got 5.5"),
        ((5, 3, 0, -1), ValueError, "epoch must be an integer >= 0; got -1"),
        ((5, 3, 0, "last"), TypeError, "epoch must be an integer >= 0; got 'last'"),
        ((5, 3, -1), ValueError, "random_state must be .* got -1"),
        ((5, 3, "seed"), TypeError, "random_state must be .* got 'seed'"),
        ((5, 3, True), ValueError, "random_state must be .* got True"),
    ],
)
def test_bad_arguments(arguments, kind, message):
    with pytest.raises(kind, match=message):
        fastgd.visiting_order(*arguments)


def test_a_bad_shuffle_is_named():
    with pytest.raises(ValueError, match="shuffle must be True, False"):
        fastgd.visiting_order(5, 3, shuffle="yes")


@pytest.mark.compiled
@pytest.mark.parametrize(("variant", "rate"), [("stochastic", 2e-4), ("minibatch", 0.05)])
def test_sorted_rows_take_no_more_epochs_than_in_a_full_shuffle(variant, rate):
    """Neighbours alike are the worst table for two levels; to a thousandth of the distance."""
    n, d, epochs = 60_000, 10, 12
    X, y, _ = fastgd.datasets.make_regression(n, d, noise=0.5, condition_number=30, random_state=0)
    by_target = np.argsort(y)
    X, y = np.ascontiguousarray(X[by_target]), np.ascontiguousarray(y[by_target])
    best = np.linalg.lstsq(X, y, rcond=None)[0]

    def epochs_to_target(shuffle, seed):
        result = fastgd.fit(
            X, y, variant, learning_rate=rate, fit_intercept=False, shuffle=shuffle,
            max_iter=epochs, random_state=seed, record_path=True,
        )  # fmt: skip
        passes, path = result.history["passes"][1:], result.path[1:]
        away = np.square(X @ (path - best).T).mean(axis=0) / np.square(X @ best).mean()
        assert away.min() < 1e-3
        return np.interp(np.log(1e-3), np.log(away[::-1]), passes[::-1])

    def full_shuffle(seed):
        return np.array([np.random.default_rng((seed, e)).permutation(n) for e in range(epochs)])

    full = [epochs_to_target(full_shuffle(seed), seed) for seed in range(4)]
    ours = [epochs_to_target(True, seed) for seed in range(4)]
    assert np.mean(full) > 2
    assert np.mean(ours) < 1.1 * np.mean(full)


@pytest.mark.parametrize("bad", [-1, 9, 10, 2**40])
def test_an_order_of_rows_that_do_not_exist_is_refused(bad):
    visits = np.array([[0, 8, 3], [1, bad, 2]])
    with pytest.raises(ValueError, match="shuffle must name rows from 0 to 8; got "):
        order.check_visits(visits, 9)
    assert order.check_visits(np.array([[0, 8, 3]]), 9).tolist() == [[0, 8, 3]]


@pytest.mark.parametrize("n", [37, 64, 100, 131])
def test_a_stretch_read_piece_by_piece_holds_the_visits_in_their_order(n, monkeypatch):
    """Whole buffers and the last one, which is not full."""
    monkeypatch.setattr(order, "PIECE_BYTES", 4 * 3 * 8)
    monkeypatch.setattr(order, "MIN_ROWS", 1)
    monkeypatch.setattr(order, "MIN_PIECES", 4)
    monkeypatch.setattr(order, "BUFFER_BYTES", 0)
    for made in (make_order(n, 3, 7, shuffle) for shuffle in (True, False, "replacement")):
        for epoch in range(3):
            visits = made.rows(epoch, 0, min(n, made.window))[0].copy()
            rows, places = made.stretch(epoch, 0, min(n, made.window))
            assert rows[places].tolist() == visits.tolist()
