"""ONNX Runtime: the contributed operator QMoE with 8-bit weights, a scale a row or a block of a row."""
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

from layer import quantized


class Peer:
    def __init__(self, layer, threads, variant):
        self.block = int(variant)
        shape = layer.shape
        gate_up = torch.stack([layer.gate, layer.up], 2).reshape(-1, 2 * shape.width, shape.hidden)
        tensors = self._quantized(layer, "gate_up", gate_up) | self._quantized(layer, "down", layer.down)
        # Given as OrtValues: inside the model they would meet the 2 GiB that a protobuf can hold.
        self.values = [onnxruntime.OrtValue.ortvalue_from_numpy(value.numpy()) for value in tensors.values()]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_external_initializers(list(tensors), self.values)
        model = self._model(shape, tensors).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def _quantized(self, layer, name, weights):
        if self.block:
            values, scale = quantized(weights.unflatten(-1, (-1, self.block)))
            values = values.flatten(-2)
        else:
            values, scale = quantized(weights)
        offset = (values.to(torch.int16) + 128).to(torch.uint8)
        return {name: layer.repeated(offset), f"{name}_scale": layer.repeated(scale)}

    def _model(self, shape, tensors):
        block = {"block_size": self.block} if self.block else {}
        node = helper.make_node(
            "QMoE", ["hidden", "logits", "gate_up", "gate_up_scale", "", "down", "down_scale"], ["out"],
            domain="com.microsoft", k=shape.top_k, normalize_routing_weights=1, activation_type="swiglu",
            swiglu_fusion=1, activation_alpha=1.0, activation_beta=0.0, expert_weight_bits=8, **block)

        def rows(name, width):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["tokens", width])

        graph = helper.make_graph([node], "experts", [rows("hidden", shape.hidden), rows("logits", shape.experts)],
                                  [rows("out", shape.hidden)], [self._elsewhere(*item) for item in tensors.items()])
        return helper.make_model(graph, ir_version=9, opset_imports=[
            helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)])

    @staticmethod
    def _elsewhere(name, value):
        """An initializer whose values the session is given."""
        kind = TensorProto.UINT8 if value.dtype == torch.uint8 else TensorProto.FLOAT
        tensor = onnx.TensorProto(name=name, dims=value.shape, data_type=kind)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="given")
        return tensor

    def prepare(self, tokens):
        feed = {"hidden": tokens.hidden.numpy(), "logits": tokens.logits.numpy()}
        return lambda: torch.from_numpy(self.session.run(None, feed)[0])
