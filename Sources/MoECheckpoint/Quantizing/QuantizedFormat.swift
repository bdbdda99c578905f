internal import MoE

/// A format that int8 weights are written in, a scale per output channel.
///
/// Both hold `X.weight` I8 `[N, K]` and `X.weight_scale` F32 `[N, 1]`. The scale is not rounded to
/// the model's own type, so that what is read back is what was computed, to the last bit.
public enum QuantizedFormat: String, Sendable, CaseIterable {
    /// What llm-compressor writes: `quantization_config` in `config.json`, and nothing else.
    case compressedTensors = "compressed-tensors"
    /// What Ascend's msmodelslim writes: W8A8_DYNAMIC, with offsets of 0 and a description of
    /// every tensor in `quant_model_description.json`.
    case modelSlim = "msmodelslim"
}

extension QuantizedFormat {
    /// The tensors of a linear layer's weight: the integers, then what has one element a channel.
    ///
    /// - Parameters:
    ///   - weight: the weight's name.
    ///   - rows: its output channels: N.
    ///   - columns: the elements of a channel: K.
    /// - Returns: the weight, its scales, and where the format has them its offsets.
    func tensors(
        of weight: String, rows: Int, columns: Int
    ) -> [SafetensorsWriter.Declaration] {
        let stem = weight.linearLayer ?? weight
        let parts = self == .modelSlim ? ["_scale", "_offset"] : ["_scale"]
        return [.init(weight, .i8, shape: [rows, columns])]
            + parts.map { .init("\(stem).weight\($0)", .f32, shape: [rows, 1]) }
    }

    /// The name of a file of weights.
    ///
    /// - Parameters:
    ///   - index: which one, from 0.
    ///   - count: how many there are.
    /// - Returns: the stem alone for the only one.
    func fileName(_ index: Int, of count: Int) -> String {
        func digits(_ number: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        }
        return count == 1
            ? "\(stem).safetensors"
            : "\(stem)-\(digits(index + 1))-of-\(digits(count)).safetensors"
    }

    /// The name of the file that says which tensor is in which file.
    var indexName: String { "\(stem).safetensors.index.json" }

    private var stem: String {
        switch self {
        case .compressedTensors: "model"
        case .modelSlim: "quant_model_weight_w8a8_dynamic"
        }
    }
}

extension String {
    /// The linear layer whose weight a tensor is, or nil for a tensor of another kind of name.
    var linearLayer: String? {
        hasSuffix(".weight") ? String(dropLast(".weight".count)) : nil
    }
}
