"""One file a change of the ledger, in order of their numbers; a committed one is never edited."""
