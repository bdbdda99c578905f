"""Which peers there are: how each is installed, hosted and named. Standard library only."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """A program that computes the same layer, or a reason why PyPI has none."""

    name: str
    title: str
    arithmetic: str
    module: str = ""
    """The file of `peers/` that hosts it."""
    variant: str = ""
    """What the module is asked for where it hosts several peers."""
    requirements: str = ""
    """The file of `requirements/` beside those of the Python that hosts all peers; empty: nothing else."""
    build: str = ""
    """The recipe of `native_build.py` for a source distribution; empty: wheels."""
    bytes_per_weight: float = 1
    """What a weight takes in memory while the peer runs."""
    routes: bool = False
    """Whether it chooses the experts itself; the others are given them."""
    absent: str = ""
    """Why it cannot be installed anywhere; empty: it is tried."""


PEERS = [
    Peer("vllm", "vLLM CPU, int8", "W8A8, bf16 rows", "vllm_w8a8", requirements="vllm"),
    Peer("ktransformers", "KTransformers, int8", "W8A8, bf16 rows", "kt_kernel_w8a8",
         requirements="ktransformers", bytes_per_weight=3),
    Peer("onnxruntime", "ONNX Runtime QMoE", "W8, float32 rows", "onnxruntime_qmoe", variant="0",
         requirements="onnxruntime", routes=True),
    Peer("onnxruntime-b128", "ONNX Runtime QMoE, blocks of 128", "W8, blocks of 128", "onnxruntime_qmoe",
         variant="128", requirements="onnxruntime", routes=True),
    Peer("openvino", "OpenVINO, int8 weights", "W8, float32 rows", "openvino_moe", requirements="openvino",
         bytes_per_weight=2, routes=True),
    Peer("fbgemm", "PyTorch FBGEMM", "W8A8, one scale a call", "torch_linears", variant="fbgemm"),
    Peer("onednn", "PyTorch oneDNN", "W8A8, one scale a call", "torch_linears", variant="onednn"),
    Peer("transformers", "transformers eager", "float32", "transformers_eager", bytes_per_weight=4),
    Peer("ggml", "ggml Q8_0", "W8A8, blocks of 32", "ggml_experts", variant="Q8_0",
         requirements="ggml", build="ggml"),
    Peer("ik-q8k", "ik_llama.cpp Q8_K_R16", "W8A8, blocks of 256", "ggml_experts", variant="Q8_K_R16",
         requirements="ik_llama", build="ik_llama"),
    Peer("ik-q8kv", "ik_llama.cpp Q8_KV_R8", "W8A8, a scale a row", "ggml_experts", variant="Q8_KV_R8",
         requirements="ik_llama", build="ik_llama"),
    Peer("sgl-kernel", "SGLang sgl-kernel", "W8A8", absent="PyPI has builds for CUDA only; the CPU kernels are built "
         "from SGLang's repository (vLLM's CPU build carries them over)"),
]


def peers_named(names):
    """The peers of a list of names, in the catalogue's order; all of them for an empty list."""
    known = {peer.name for peer in PEERS}
    for name in names:
        if name not in known:
            raise SystemExit(f"--peers: no peer {name!r}; there are {', '.join(sorted(known))}")
    return [peer for peer in PEERS if not names or peer.name in names]
