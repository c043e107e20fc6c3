"""The only place that knows Numba and LLVM: how a kernel is compiled, found again and kept."""
