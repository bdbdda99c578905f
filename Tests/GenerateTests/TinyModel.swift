import Foundation
import GenerateEngine
import MoE
import MoECheckpoint

/// The models beside `Tests/Vectors/Generate/make_models.py`, and what transformers made of them.
enum TinyModel: String, CaseIterable, Sendable {
    case qwen3MoE = "qwen3_moe"
    case mixtral
    case olmoe

    /// The model's folder.
    var folder: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Vectors/Generate/\(rawValue)").standardized.path
    }

    /// The decoder, on one thread.
    func decoder(
        _ format: ExpertFormat = .int8, backend: BackendName = .native
    ) throws -> Decoder {
        try Decoder(
            directory: folder, experts: ExpertChoice(format, backend: backend, threads: 1))
    }

    /// Tokens, `[T]`, and the logits that transformers computes for them in float32, `[T, V]`.
    func expected() throws -> (tokens: [Int], logits: Matrix<Float>) {
        let file = try SafetensorsFile(opening: folder + "/expected.safetensors")
        let tokens = try file.tensor("tokens").elements(as: Int32.self) ?? []
        let logits = try file.tensor("logits")
        return (
            tokens.map { Int($0) },
            try Matrix(
                rows: logits.shape[0], columns: logits.shape[1], elements: logits.floats() ?? [])
        )
    }
}

extension Matrix<Float> {
    /// The greatest difference to another matrix, over that one's greatest magnitude.
    func greatestDifference(to other: Matrix<Float>) -> Float {
        let difference = zip(elements, other.elements).map { abs($0 - $1) }.max() ?? .infinity
        return difference / (other.elements.map { abs($0) }.max() ?? 0)
    }
}

extension Matrix<Float> {
    /// ‖a − b‖ / ‖b‖.
    func relativeL2(to other: Matrix<Float>) -> Float {
        let difference = zip(elements, other.elements).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
        return (difference / other.elements.map { $0 * $0 }.reduce(0, +)).squareRoot()
    }
}
