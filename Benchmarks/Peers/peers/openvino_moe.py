"""OpenVINO: the graph of a MoE layer in the form that its CPU plugin fuses, weights in int8."""
import sys

import numpy
import openvino
import torch
from openvino import opset13 as ops
from openvino.utils.node_factory import NodeFactory

from layer import quantized


def integers(values):
    return ops.constant(numpy.array(values, numpy.int64))


def swish(x):
    # Without its optional second input: the form that the fusion looks for.
    return NodeFactory("opset4").create("Swish", [x.output(0)], {})


class Peer:
    def __init__(self, layer, threads, variant):
        self.kept = []  # constants that share memory with tensors here
        hidden = ops.parameter([-1, -1, layer.shape.hidden], numpy.float32, name="hidden")
        model = openvino.Model([self._experts(layer, hidden)], [hidden], "experts")
        compiled = openvino.Core().compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY"})
        kinds = {str(node.get_rt_info()["layerType"].value) for node in compiled.get_runtime_model().get_ops()}
        print("fused to", ", ".join(sorted(kinds)), file=sys.stderr)
        self.request = compiled.create_infer_request()
        self.kept.append(compiled)

    def _weights(self, layer, weights):
        values, scale = quantized(weights)
        values, scale = layer.repeated(values).numpy(), layer.repeated(scale[..., None]).numpy()
        self.kept.append(values)
        constant = ops.constant(openvino.Tensor(values), shared_memory=True)
        return ops.multiply(ops.convert(constant, "f32"), ops.constant(scale))

    def _experts(self, layer, hidden):
        """All experts over all tokens, summed with weights that are mostly 0: what the fusion recognises."""
        shape = layer.shape
        rows = ops.reshape(hidden, integers([-1, shape.hidden]), False)
        each = ops.reshape(ops.tile(rows, integers([shape.experts, 1])),
                           integers([shape.experts, -1, shape.hidden]), False)
        gate = ops.matmul(each, self._weights(layer, layer.gate), False, True)
        up = ops.matmul(each, self._weights(layer, layer.up), False, True)
        down = ops.matmul(ops.multiply(swish(gate), up), self._weights(layer, layer.down), False, True)
        routing, tokens = self._routing(shape, rows)
        width = ops.gather(ops.shape_of(hidden, "i64"), integers([2]), ops.constant(numpy.int64(0)))
        down = ops.reshape(down, ops.concat([integers([shape.experts]), tokens, integers([-1]), width], 0), True)
        summed = ops.reduce_sum(ops.multiply(down, routing), integers([0]), False)
        return ops.reshape(summed, integers([-1, shape.hidden]), False)

    @staticmethod
    def _routing(shape, rows):
        """Weights [E, T, 1, 1] and the number of tokens; the router is the first E columns."""
        zero = ops.constant(numpy.int64(0))
        columns = numpy.eye(shape.experts, shape.hidden, dtype=numpy.float32)
        logits = ops.matmul(rows, ops.constant(columns), False, True)
        chosen = ops.topk(ops.softmax(logits, 1), ops.constant(numpy.int32(shape.top_k)), 1, "max", "value", "i32")
        weights, experts = chosen.output(0), chosen.output(1)
        weights = ops.divide(weights, ops.reduce_sum(weights, integers([1]), True))
        count = ops.unsqueeze(ops.gather(ops.shape_of(experts, "i64"), zero, zero), integers([0]))
        all_experts = integers([shape.experts])
        none = ops.broadcast(ops.constant(numpy.zeros(1, numpy.float32)), ops.concat([count, all_experts], 0))
        spread = ops.transpose(ops.scatter_elements_update(none, experts, weights, integers([1])), integers([1, 0]))
        spread = ops.reshape(spread, ops.concat([all_experts, count, integers([1])], 0), False)
        tokens = ops.gather(ops.shape_of(experts, "i64"), integers([0]), zero)
        return ops.unsqueeze(spread, integers([3])), tokens

    def prepare(self, tokens):
        batch = tokens.hidden.numpy()[None]
        return lambda: torch.from_numpy(self.request.infer({0: batch}, share_inputs=True)[0])
