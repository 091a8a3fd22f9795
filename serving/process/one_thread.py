"""One thread for the libraries that score, before any of them is imported."""

import os

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""The variables that say so to the libraries; read once, when they are imported."""


def use_one_thread() -> None:
    """One row is scored quicker by one thread, and several processes share the machine."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
