"""The few functions of a built ggml that a graph needs, by ctypes."""
import ctypes
import pathlib
import sys

pointer, size, integer, long = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int64

# Results and arguments. Both ggml and ik_llama.cpp's have these...
FUNCTIONS = {
    "ggml_row_size": (size, [integer, long]),
    "ggml_get_data": (pointer, [pointer]),
    "ggml_quantize_chunk": (size, [integer, pointer, pointer, long, long, long, pointer]),
    "ggml_new_tensor_2d": (pointer, [pointer, integer, long, long]),
    "ggml_new_tensor_3d": (pointer, [pointer, integer, long, long, long]),
    "ggml_set_input": (None, [pointer]),
    "ggml_set_output": (None, [pointer]),
    "ggml_mul_mat_id": (pointer, [pointer] * 4),
    "ggml_mul": (pointer, [pointer] * 3),
    "ggml_add": (pointer, [pointer] * 3),
    "ggml_view_2d": (pointer, [pointer, pointer, long, long, size, size]),
    "ggml_new_graph": (pointer, [pointer]),
    "ggml_build_forward_expand": (None, [pointer, pointer]),
    "ggml_backend_cpu_init": (pointer, []),
    "ggml_backend_cpu_set_n_threads": (None, [pointer, integer]),
    "ggml_backend_cpu_buffer_type": (pointer, []),
    "ggml_backend_graph_compute": (integer, [pointer, pointer]),
    "ggml_gallocr_new": (pointer, [pointer]),
    "ggml_gallocr_alloc_graph": (ctypes.c_bool, [pointer, pointer]),
    "ggml_gallocr_free": (None, [pointer]),
    "ggml_free": (None, [pointer]),
}
# ... and these are in one of the two.
UNSHARED = {
    "ggml_swiglu_split": (pointer, [pointer] * 3),
    "ggml_moe_up_gate": (pointer, [pointer] * 5 + [integer]),
    "ggml_mul_multi_add": (pointer, [pointer] * 3),
}


class InitParameters(ctypes.Structure):
    """`ggml_init_params`."""

    _fields_ = [("mem_size", size), ("mem_buffer", pointer), ("no_alloc", ctypes.c_bool)]


class Ggml:
    """A ggml library, its functions as methods, and a CPU backend with its threads."""

    def __init__(self, threads):
        self.libraries = [ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL) for path in self._files()]
        for name, (result, arguments) in (FUNCTIONS | UNSHARED).items():
            function = self._find(name)
            if function is None and name in FUNCTIONS:
                raise OSError(f"this ggml has no {name}")
            if function is not None:
                function.restype, function.argtypes = result, arguments
                setattr(self, name, function)
        self._init = self._find("ggml_init")
        self._init.restype, self._init.argtypes = pointer, [InitParameters]
        self.fuses_experts = hasattr(self, "ggml_moe_up_gate")
        self.context(1 << 16)  # the first one also fills ggml's tables
        self.backend = self.ggml_backend_cpu_init()
        self.ggml_backend_cpu_set_n_threads(self.backend, threads)

    @staticmethod
    def _files():
        """The libraries, in an order in which each finds the ones that it needs."""
        found = {path.name: path for folder in sys.path
                 for path in pathlib.Path(folder or ".").glob("build/**/libggml*.so")}
        return [found[name] for name in ("libggml-base.so", "libggml-cpu.so", "libggml.so") if name in found]

    def _find(self, name):
        return next((getattr(library, name) for library in self.libraries if hasattr(library, name)), None)

    def context(self, bytes, only_headers=False):
        """Room for tensors, or for their headers alone."""
        context = self._init(InitParameters(bytes, None, only_headers))
        if not context:
            raise MemoryError(f"ggml has no context of {bytes} bytes")
        return context

    def allocate(self, graph):
        """Gives the nodes of a graph memory, which nodes share that are not needed at once."""
        allocator = self.ggml_gallocr_new(self.ggml_backend_cpu_buffer_type())
        if not self.ggml_gallocr_alloc_graph(allocator, graph):
            raise MemoryError("ggml cannot allocate the graph")
        return allocator

    def compute(self, graph):
        if status := self.ggml_backend_graph_compute(self.backend, graph):
            raise RuntimeError(f"ggml_backend_graph_compute: status {status}")
