"""The one error for input that a person can mend."""


class InputError(Exception):
    """Bad input: one sentence that names the thing, the rule it breaks and the way out.

    Command lines print it as `error: ...` and exit with code 2; nothing half-written stays behind.
    """
