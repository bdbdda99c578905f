import MoE
import MoECheckpoint
import Testing

/// One published family: a configuration, what it must mean, and names its tensors may have.
struct PublishedFamily: Sendable, CustomTestStringConvertible {
    /// How the experts of a layer are stored.
    enum Experts: Sendable {
        case perExpert(String)
        case w1w3w2(String)
        case fused(String)
        case fusedTransposed(String)
    }

    /// The names of a layer's tensors, of those that the family may use.
    struct Names: Sendable {
        var router: String
        var correction: String?
        var experts: Experts
        /// The shared expert's block and its gate, up and down.
        var shared: [String] = []
        var sharedGate: String?
        var prefix = "model.layers.5."
    }

    let type: String
    /// The configuration's keys beside `model_type`, `hidden_size` and the number of layers.
    let keys: String
    let router: RouterConfiguration
    /// Which of ten layers are MoE.
    let layers: [Int]
    var sharedWidth = 0
    var activation = Activation.swiGLU
    var sharedActivation: Activation?
    let names: [Names]

    var testDescription: String { type }

    /// `config.json`.
    var config: String {
        #"{"model_type": "\#(type)", "hidden_size": 4, "num_hidden_layers": 10, \#(keys)}"#
    }
}

extension PublishedFamily {
    static let all = Array(0..<10)

    static func from(_ first: Int) -> [Int] { Array(first..<10) }

    static func softmax(_ epsilon: Float? = nil, factor: Float = 1) -> RouterConfiguration {
        RouterConfiguration(
            topK: 2, score: .softmax,
            renormalization: epsilon.map { .sum(epsilon: $0) } ?? .none, scalingFactor: factor)
    }

    static func sigmoid(_ epsilon: Float?, factor: Float = 1) -> RouterConfiguration {
        RouterConfiguration(
            topK: 2, score: .sigmoid,
            renormalization: epsilon.map { .sum(epsilon: $0) } ?? .none, scalingFactor: factor)
    }

    static let bestLogits = RouterConfiguration(
        topK: 2, score: .logits, weighting: .softmaxOfSelected)

    static func clamped(_ limit: Float, alpha: Float = 1, bias: Float = 0) -> Activation {
        .clampedSwiGLU(ClampedSwiGLU(limit: limit, alpha: alpha, bias: bias))
    }

    /// `mlp.gate`, per expert; DeepSeek's bias and shared expert where they are wanted.
    static func mlp(
        correction: String? = nil, shared: String? = nil, sharedGate: String? = nil,
        prefix: String = "model.layers.5."
    ) -> Names {
        Names(
            router: "mlp.gate.weight", correction: correction, experts: .perExpert("mlp.experts"),
            shared: shared.map { [$0, "gate_proj", "up_proj", "down_proj"] } ?? [],
            sharedGate: sharedGate, prefix: prefix)
    }

    static func deepSeek(
        shared: String? = "mlp.shared_experts", prefix: String = "model.layers.5."
    ) -> Names {
        mlp(correction: "mlp.gate.e_score_correction_bias", shared: shared, prefix: prefix)
    }
}
