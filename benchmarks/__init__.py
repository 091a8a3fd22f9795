"""Speed, memory and quality beside plain alternatives: `python -m benchmarks.NAME` prints a table."""
