"""KTransformers' kernels: the int8 experts of the kt-kernel extension that fits the processor."""
import importlib.util
import pathlib
import sys

import torch


def extension():
    """The extension alone: the package around it wants the rest of KTransformers."""
    folders = (pathlib.Path(folder or ".") for folder in sys.path)
    detector = next(path for folder in folders for path in folder.glob("kt_kernel/_cpu_detect.py"))
    spec = importlib.util.spec_from_file_location("kt_cpu_detect", detector)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load_extension(module.detect_cpu_features())


class Peer:
    LONGEST_BATCH = 4096

    def __init__(self, layer, threads, variant):
        kt = extension()
        pool = kt.WorkerPoolConfig()
        pool.subpool_count, pool.subpool_numa_map, pool.subpool_thread_count = 1, [0], [threads]
        self.cpu = kt.CPUInfer(pool)
        shape = layer.shape
        config = kt.moe.MOEConfig(shape.experts, shape.top_k, shape.hidden, shape.width, 0)
        config.max_len = self.LONGEST_BATCH
        config.pool = self.cpu.backend_
        weights = [layer.repeated(w.bfloat16()) for w in (layer.gate, layer.up, layer.down)]
        config.gate_proj, config.up_proj, config.down_proj = (w.data_ptr() for w in weights)
        order = torch.arange(shape.experts, dtype=torch.int64)
        config.physical_to_logical_map = order.data_ptr()
        self.experts = kt.moe.AMXInt8_MOE(config)
        self.cpu.submit(self.experts.load_weights_task())
        self.cpu.sync()
        self.kept = (config, order)  # the extension holds addresses only
        self.top_k = shape.top_k

    def prepare(self, tokens):
        hidden = tokens.hidden.bfloat16()
        out = torch.empty_like(hidden)
        count = torch.tensor([len(hidden)], dtype=torch.int32)

        def run():
            self.cpu.submit(self.experts.forward_task(
                count.data_ptr(), self.top_k, tokens.experts.data_ptr(), tokens.weights.data_ptr(),
                hidden.data_ptr(), out.data_ptr(), False))
            self.cpu.sync()
            return out

        return run
