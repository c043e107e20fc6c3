"""Exponential and logarithm without a branch or a call, so that loops over them become vectors.

And a test for finite numbers that holds for sums, too.

With the C library's, the logistic loss and its derivative cost 11 ns a row, in vectors 2. Relative
errors are below 1e-15; NaN stays NaN.
"""

import numpy as np

from fastgd.kernels.compiler.jit import compiled_as_written

LOG2_E = 1.4426950408889634
LN_2_HIGH = 6.93147180369123816490e-01  # its last 32 bits are zero: times an integer exact
LN_2_LOW = 1.90821492927058770002e-10
MIN_EXPONENT = -708.0  # exp of it is the smallest number with all its digits
MAX_EXPONENT = 709.0  # exp of more overflows, or soon will
LARGEST = float(np.finfo(np.float64).max)
MANTISSA_BITS = np.int64(52)
# Added to an integer, it leaves that and the bias of exponents in the last bits.
TO_EXPONENT = 1.5 * 2.0**52 + 1023.0
HALF_BITS = np.int64(np.float64(0.5**0.5).view(np.int64))  # of the root of a half, as an integer


@compiled_as_written
def is_finite(x: float) -> bool:
    """Return True unless x is NaN or infinite.

    Numba takes x - x for that, which LLVM cancels if x is a sum that it may reassociate.
    """
    return abs(x) <= LARGEST


@compiled_as_written
def _split_exp(x: float) -> tuple[float, float]:
    """Return p and a power of two with exp(x) = (1 + p) power, for -708 <= x <= 709.

    exp(x) = 2^k exp(r), r = x - k ln 2; a Taylor series for |r| <= ln(2) / 2.
    """
    k = np.floor(x * LOG2_E + 0.5)
    r = (x - k * LN_2_HIGH) - k * LN_2_LOW
    p = 1 / 6227020800
    p = p * r + 1 / 479001600
    p = p * r + 1 / 39916800
    p = p * r + 1 / 3628800
    p = p * r + 1 / 362880
    p = p * r + 1 / 40320
    p = p * r + 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    power = np.int64(np.float64(k + TO_EXPONENT).view(np.int64) << MANTISSA_BITS).view(np.float64)
    return r + r * r * p, float(power)


@compiled_as_written
def exp_of_negative(x: float) -> float:
    """Return exp(x) for x <= 0, and exp(-708), which is all but nothing, below that."""
    x = MIN_EXPONENT if x < MIN_EXPONENT else x  # which a NaN is not
    p, power = _split_exp(x)
    return float((1.0 + p) * power)


@compiled_as_written
def exp_and_rise(x: float) -> tuple[float, float]:
    """Return exp(x) and exp(x) - 1, each to all its digits; infinity for x above 709."""
    far = x > MAX_EXPONENT
    x = MIN_EXPONENT if x < MIN_EXPONENT else x  # which a NaN is not
    p, power = _split_exp(MAX_EXPONENT if far else x)
    if far:
        return np.inf, np.inf
    return (1.0 + p) * power, p * power + (power - 1.0)


@compiled_as_written
def _artanh_series(p: float, q: float) -> float:
    """Return 1/3 + q/5 + ... + q^9/21 + q^10 p, of artanh(s) = s + s q (1/3 + ...) with q = s^2."""
    p = p * q + 1 / 21
    p = p * q + 1 / 19
    p = p * q + 1 / 17
    p = p * q + 1 / 15
    p = p * q + 1 / 13
    p = p * q + 1 / 11
    p = p * q + 1 / 9
    p = p * q + 1 / 7
    p = p * q + 1 / 5
    return p * q + 1 / 3


@compiled_as_written
def log(x: float) -> float:
    """Return log(x) for numbers above 1e-307: e ln 2 + 2 artanh(s), s = (m - 1) / (m + 1).

    x = 2^e m, with m between the roots of a half and of two, where |s| < 0.172.
    """
    bits = np.float64(x).view(np.int64)
    e = (bits - HALF_BITS) >> MANTISSA_BITS
    m = np.int64(bits - (e << MANTISSA_BITS)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    p = _artanh_series(0.0, q)
    # Of NaN and infinity there are bits, too, which say nothing.
    return float(e * LN_2_HIGH + (2.0 * (s + s * q * p) + e * LN_2_LOW) + 0.0 * x)


@compiled_as_written
def log_of_one_plus(e: float) -> float:
    """Return log(1 + e) for 0 <= e <= 1: 2 artanh(s), s = e / (2 + e) <= 1/3, as a series in s."""
    s = e / (2.0 + e)
    q = s * s
    p = 1 / 33
    p = p * q + 1 / 31
    p = p * q + 1 / 29
    p = p * q + 1 / 27
    p = p * q + 1 / 25
    p = p * q + 1 / 23
    p = _artanh_series(p, q)
    return float(2.0 * (s + s * q * p))
