import MoE
import MoECheckpoint
import MoETestSupport

/// A checkpoint with a single layer of a single expert, to store in any format.
struct OneExpert {
    /// Elements of a token: columns of gate and up, rows of down.
    var hidden = 4
    /// Rows of gate and up, columns of down.
    var width = 4
    /// The value of `quantization_config`.
    var quantization = "null"
    /// The format in place of what the configuration says.
    var format: WeightFormat?
    /// What stands before a projection's name.
    static let block = "model.layers.0.mlp.experts.0."
    /// The projection most tests look at.
    static let down = block + "down_proj"

    var config: String {
        """
        {"model_type": "qwen3_moe", "hidden_size": \(hidden), "moe_intermediate_size": \(width),
         "num_hidden_layers": 1, "num_experts": 1, "num_experts_per_tok": 1,
         "norm_topk_prob": true, "quantization_config": \(quantization)}
        """
    }

    /// The router, and what `store` writes for each projection's name, rows and columns.
    func tensors(
        _ store: (String, Int, Int) throws -> [String: Tensor]
    ) throws -> [String: Tensor] {
        let router = try Tensor([Float](repeating: 1, count: hidden), shape: [1, hidden])
        return try merged([
            ["model.layers.0.mlp.gate.weight": router],
            store(Self.block + "gate_proj", width, hidden),
            store(Self.block + "up_proj", width, hidden),
            store(Self.down, hidden, width),
        ])
    }

    func checkpoint(_ tensors: [String: Tensor]) throws -> Checkpoint {
        try inspected(
            configuration(config), MemoryTensorSource(tensors), weightFormat: format)
    }

    /// The expert's float weights.
    func floats(_ tensors: [String: Tensor]) throws -> Expert<Matrix<Float>> {
        guard case .float(let experts) = try checkpoint(tensors).layer(0, experts: .float).experts
        else { throw MoEError(.configuration, "no float experts") }
        return experts[0]
    }

    /// The expert's int8 weights, and what they cost.
    func int8(
        _ tensors: [String: Tensor]
    ) throws -> (expert: Expert<QuantizedMatrix>, report: LoadReport) {
        let loaded = try checkpoint(tensors).load(0, experts: .int8)
        guard case .int8(let experts) = loaded.layer.experts else {
            throw MoEError(.configuration, "no int8 experts")
        }
        return (experts[0], loaded.report)
    }

    /// The message of the error that int8 and float loading throw alike.
    func message(_ tensors: [String: Tensor]) -> String {
        let texts = ExpertFormat.allCases.map { format in
            MoECheckpointTests.message { _ = try checkpoint(tensors).layer(0, experts: format) }
        }
        return Set(texts).count == 1 ? texts[0] : "\(texts)"
    }
}

extension Tensor {
    /// Bytes of a type.
    init(_ bytes: [UInt8], _ type: ElementType, _ shape: [Int]) throws {
        try self.init(type: type, shape: shape, bytes: bytes)
    }
}

/// The weights of a matrix quantised as the library quantises float weights.
func requantized(_ matrix: Matrix<Float>) -> (values: [Int8], scale: [Float]) {
    var values: [Int8] = [], scales: [Float] = []
    for row in 0..<matrix.rows {
        let weights = matrix.row(row)
        let scale = weights.reduce(0) { max($0, $1.magnitude) } / 127
        scales.append(scale)
        values += weights.map { scale == 0 ? 0 : Int8(($0 / scale).rounded(.toNearestOrEven)) }
    }
    return (values, scales)
}
