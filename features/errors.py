"""The one error for input that a person can mend, and how a command line ends in it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class InputError(Exception):
    """Bad input: one sentence that names the thing, the rule it breaks and the way out.

    Command lines print it as `error: ...` and exit with code 2; nothing half-written stays behind.
    """


@contextmanager
def one_sentence() -> Iterator[None]:
    """Bad input, and a file that this user may not use, end the process with one sentence and exit code 2."""
    try:
        yield
    except InputError as error:
        sentence = str(error)
    except PermissionError as fault:
        if fault.filename is None:
            raise
        sentence = f"{fault.filename} is closed to this user ({fault.strerror}): run as one who may use it"
    else:
        return
    sys.stderr.write(f"error: {sentence}\n")
    sys.exit(2)
