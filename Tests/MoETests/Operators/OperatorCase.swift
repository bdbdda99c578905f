import Foundation
import MoE
import MoETestSupport

/// A case of the operator's vectors: a call through the untyped door and what it must give.
struct OperatorCase: Sendable, CustomStringConvertible {
    let description: String
    let tensors: [String: Tensor]
    let options: DequantSwiGLUQuantOptions
    let values: [Int8]
    let scale: [Float]

    /// The call, through all checks.
    var call: DequantSwiGLUQuant {
        get throws { try DequantSwiGLUQuant(tensors: tensors, options: options) }
    }

    static func all(in file: String) throws -> [OperatorCase] {
        try VectorFile("Operator/\(file)").cases.map(OperatorCase.init)
    }

    static let files = ["grid", "special", "groups", "atlas"]

    private struct Settings: Decodable {
        let quant_mode: String
        let activate_left: Bool
        let swiglu_mode: Int
        let clamp_limit: Double
        let glu_alpha: Double
        let glu_bias: Double
        let atlas: Bool
    }

    private init(_ vector: VectorFile.Case) throws {
        let settings = try JSONDecoder().decode(Settings.self, from: vector.options)
        description = vector.name
        tensors = vector.tensors.filter { $0.key != "y" && $0.key != "scale" }
        values = vector.tensors["y"]?.elements() ?? []
        scale = vector.tensors["scale"]?.elements() ?? []
        options = DequantSwiGLUQuantOptions(
            quantMode: settings.quant_mode, activateLeft: settings.activate_left,
            swigluMode: settings.swiglu_mode, clampLimit: settings.clamp_limit,
            gluAlpha: settings.glu_alpha, gluBias: settings.glu_bias, atlas: settings.atlas)
    }
}
