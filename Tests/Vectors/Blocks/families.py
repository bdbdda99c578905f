"""The families: the config keys and tensor names each is published with, its module and its router.

To add one, write a function from a synthetic.Layer to a Block in one of the files below, and mark it with @family.
golden.py refuses its blocks unless the numpy reference agrees with the transformers module.
"""
import families_deepseek    # noqa: F401
import families_fused       # noqa: F401
import families_other       # noqa: F401
import families_parts       # noqa: F401
import families_published   # noqa: F401
import families_sigmoid     # noqa: F401
import families_softmax     # noqa: F401
from parts import FAMILIES  # noqa: F401
