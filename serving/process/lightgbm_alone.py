"""LightGBM without the libraries that it only looks for: a second of start-up and 130 MiB a worker.

Wherever pandas and scikit-learn are installed, LightGBM imports them, to take frames and to be called as theirs;
the service gives it arrays.
"""

import sys

LOOKED_FOR = ("pandas", "sklearn")


def import_lightgbm_alone() -> None:
    """Import LightGBM as if they were not installed, unless somebody has imported them; others still can."""
    absent = [name for name in LOOKED_FOR if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: an import of it fails
    try:
        import lightgbm  # noqa: F401, PLC0415 - that it is imported here is what counts
    finally:
        for name in absent:
            del sys.modules[name]
