"""What befalls the folder of a release."""

from pathlib import Path


def truncate(folder: Path) -> None:
    """Cut the trees of its churn model short."""
    booster = folder / "churn" / "booster.txt"
    booster.write_bytes(booster.read_bytes()[: booster.stat().st_size // 2])


def change_a_byte(folder: Path) -> None:
    """Let one byte of them be another."""
    booster = folder / "churn" / "booster.txt"
    content = bytearray(booster.read_bytes())
    content[-1] ^= 1
    booster.write_bytes(content)
