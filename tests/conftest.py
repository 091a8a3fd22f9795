"""What every test starts with."""

import os

# Threads of LightGBM would only wait for each other over tiny tables; read once, when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
