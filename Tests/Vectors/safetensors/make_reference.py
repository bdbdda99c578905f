"""Writes reference.safetensors with the reference implementation (safetensors 0.8.0, numpy).

Usage: python make_reference.py
"""

from pathlib import Path

import numpy
from safetensors.numpy import save_file

tensors = {
    "bytes": numpy.array([-128, 0, 127], dtype=numpy.int8),
    "floats": numpy.array([[1.0, -2.5, 3.25], [0.0, 1e-38, -1e38]], dtype=numpy.float32),
    "halves": numpy.array([1.5, -0.0], dtype=numpy.float16),
    "indices": numpy.array([2**62, -1], dtype=numpy.int64),
    "scalar": numpy.array(7, dtype=numpy.int32),
    "nothing": numpy.zeros((0, 4), dtype=numpy.float32),
    'naïve "name"/\\': numpy.array([True, False]),
}
save_file(tensors, Path(__file__).with_name("reference.safetensors"), metadata={"format": "np"})
