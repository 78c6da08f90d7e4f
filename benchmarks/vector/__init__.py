"""Vector search against the specialists."""

import os

for _each in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_each, "1")  # one thread for everybody; read when the libraries are loaded
