"""Python's search for garbage, kept away from what stays: it costs a decision a third of its time otherwise."""

import gc

YOUNG = 20_000
"""New objects between two searches: some twenty decisions over a large catalogue leave so many."""


def spare_what_is_loaded() -> None:
    """Never search what is in memory now, and search what requests leave behind less often.

    Models, store and rules are hundreds of thousands of objects that stay until they are swapped, and they hold no
    circles: without the search they go when nobody uses them any more.
    """
    gc.collect(1)
    gc.freeze()
    gc.set_threshold(YOUNG)
