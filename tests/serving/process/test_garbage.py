import gc
import subprocess
import sys
import weakref

from serving.live.live import Live
from serving.live.watch import Watch
from tests.serving.places import Place
from tests.serving.running import ROOT


def test_what_is_loaded_is_searched_no_more() -> None:
    code = (
        "import gc, serving.process.garbage as garbage; garbage.spare_what_is_loaded(); "
        "print(gc.get_freeze_count() > 1000, gc.get_threshold()[0])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "True 20000\n"


def test_every_swap_is_told_and_nothing_else(place: Place) -> None:
    swaps = 0

    def count() -> None:
        nonlocal swaps
        swaps += 1

    watch = Watch(Live(), place.settings, count)
    place.publish()
    seen = []
    for version in ("1", "2"):
        place.release(version)
        watch.refresh()
        watch.refresh()
        seen.append(swaps)
    watch.close()
    assert seen == [1, 2]


def test_what_was_swapped_out_goes_without_a_search(place: Place) -> None:
    place.publish()
    place.release("1")
    place.watch.refresh()
    assert place.live.served is not None
    gone = weakref.ref(place.live.served)
    place.release("2")
    gc.disable()
    try:
        place.watch.refresh()
        assert gone() is None
    finally:
        gc.enable()
