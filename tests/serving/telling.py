"""Runs `python -m MODULE ...` in this process, and on SIGUSR1 writes as a log line which modules it has loaded.

The line says as well which classes were looked up for a pickle, which is how one runs code.
"""

import json
import runpy
import signal
import sys

UNPICKLED: list[str] = []


def watch(event: str, found: tuple[object, ...]) -> None:
    """Keep the name of every class that a pickle asks for."""
    if event == "pickle.find_class":
        UNPICKLED.append(".".join(map(str, found)))


def tell(*_: object) -> None:
    """Write the names of all modules, and what was unpickled."""
    sys.stdout.write(
        json.dumps({"event": "modules", "names": sorted(sys.modules), "unpickled": UNPICKLED}) + "\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.addaudithook(watch)
    signal.signal(signal.SIGUSR1, tell)
    _, _, module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
