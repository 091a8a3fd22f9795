"""Runs `python -m MODULE ...` in this process, and on SIGUSR1 writes as a log line which modules it has loaded."""

import json
import runpy
import signal
import sys


def tell(*_: object) -> None:
    """Write the names of all modules."""
    sys.stdout.write(json.dumps({"event": "modules", "names": sorted(sys.modules)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, tell)
    _, _, module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
