"""What ids and names are made of, whoever asks: calls, files, the ledger."""

import re

MAX_ID = 128
"""Characters of the id of a customer or an item."""
TEXT = r"^[^\x00-\x1f\x7f-\x9f]+$"
"""No control characters."""


def is_customer_id(text: str) -> bool:
    """Whether the calls take this for a customer's id."""
    return len(text) <= MAX_ID and re.search(TEXT, text) is not None
