"""ggml, as llama.cpp and ik_llama.cpp build a MoE layer with it: one graph a number of tokens."""
import ctypes

import torch

from peers.ggml_library import Ggml


class Peer:
    # From the ggml.h of the pinned versions; the last two are ik_llama.cpp's.
    TYPES = {"Q8_0": 8, "Q8_K_R16": 397, "Q8_KV_R8": 398}
    F32, I32, SILU = 0, 26, 10

    def __init__(self, layer, threads, variant):
        self.ggml = Ggml(threads)
        self.shape = layer.shape
        self.type = self.TYPES[variant]
        self.weights = self.ggml.context(
            3 * self.shape.experts * self.ggml.ggml_row_size(self.type, layer.shape.hidden) * layer.shape.width
            + self._slack(layer))
        self.gate, self.up, self.down = (self._quantized(layer, w) for w in (layer.gate, layer.up, layer.down))
        self.graph = None

    def _slack(self, layer):
        """Down's rows are of another length, and a format may keep a scale a row."""
        rows = 3 * self.shape.experts * max(self.shape.hidden, self.shape.width)
        return rows * 64 + (1 << 20)

    def _quantized(self, layer, weights):
        """A tensor [E, rows, columns] of the format, in the weights' context."""
        count, rows, columns = weights.shape
        tensor = self.ggml.ggml_new_tensor_3d(self.weights, self.type, columns, rows, self.shape.experts)
        data, size = self.ggml.ggml_get_data(tensor), self.ggml.ggml_row_size(self.type, columns) * rows
        for expert in range(self.shape.experts):
            if expert < count:
                self.ggml.ggml_quantize_chunk(
                    self.type, weights[expert].data_ptr(), data + expert * size, 0, rows, columns, None)
            else:
                ctypes.memmove(data + expert * size, data, size)
        return tensor

    def prepare(self, tokens):
        if self.graph is None or self.graph.tokens != len(tokens.hidden):
            if self.graph is not None:
                self.graph.free()
            self.graph = Graph(self, len(tokens.hidden))
        graph, experts = self.graph, tokens.experts.int()
        return lambda: graph.run(tokens.hidden, experts, tokens.weights)


class Graph:
    """The nodes for one number of tokens T; a pass copies its inputs in first, as llama.cpp does."""

    def __init__(self, peer, tokens):
        self.ggml, self.tokens, self.hidden = peer.ggml, tokens, peer.shape.hidden
        shape, ggml = peer.shape, peer.ggml
        self.context = context = ggml.context(1 << 22, only_headers=True)
        self.x = ggml.ggml_new_tensor_3d(context, peer.F32, shape.hidden, 1, tokens)
        self.experts = ggml.ggml_new_tensor_2d(context, peer.I32, shape.top_k, tokens)
        self.weights = ggml.ggml_new_tensor_3d(context, peer.F32, 1, shape.top_k, tokens)
        for tensor in (self.x, self.experts, self.weights):
            ggml.ggml_set_input(tensor)
        if ggml.fuses_experts:
            inner = ggml.ggml_moe_up_gate(context, peer.up, peer.gate, self.x, self.experts, peer.SILU)
            rows = ggml.ggml_mul_mat_id(context, peer.down, inner, self.experts)
            self.out = ggml.ggml_mul_multi_add(context, rows, self.weights)
        else:
            up = ggml.ggml_mul_mat_id(context, peer.up, self.x, self.experts)
            gate = ggml.ggml_mul_mat_id(context, peer.gate, self.x, self.experts)
            inner = ggml.ggml_swiglu_split(context, gate, up)
            rows = ggml.ggml_mul_mat_id(context, peer.down, inner, self.experts)
            self.out = self._sum(ggml.ggml_mul(context, rows, self.weights), shape.top_k)
        ggml.ggml_set_output(self.out)
        self.graph = ggml.ggml_new_graph(context)
        ggml.ggml_build_forward_expand(self.graph, self.out)
        self.buffers = ggml.allocate(self.graph)

    def _sum(self, rows, top_k):
        """A token's rows, [k, D] each, added one after another."""
        size = self.hidden * 4
        parts = [self.ggml.ggml_view_2d(self.context, rows, self.hidden, self.tokens, size * top_k, size * slot)
                 for slot in range(top_k)]
        total = parts[0]
        for part in parts[1:]:
            total = self.ggml.ggml_add(self.context, total, part)
        return total

    def free(self):
        self.ggml.ggml_gallocr_free(self.buffers)
        self.ggml.ggml_free(self.context)

    def run(self, hidden, experts, weights):
        for tensor, values in ((self.x, hidden), (self.experts, experts), (self.weights, weights)):
            ctypes.memmove(self.ggml.ggml_get_data(tensor), values.data_ptr(), values.nbytes)
        self.ggml.compute(self.graph)
        return self._output()

    def _output(self):
        address = self.ggml.ggml_get_data(self.out)
        values = (ctypes.c_float * (self.tokens * self.hidden)).from_address(address)
        return torch.frombuffer(values, dtype=torch.float32).reshape(self.tokens, self.hidden)
