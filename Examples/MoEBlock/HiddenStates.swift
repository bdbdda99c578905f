import MoE
import MoECheckpoint

/// The batch that the example sends through the layer.
struct HiddenStates {
    let rows: Matrix<Float>
    /// Where the rows come from, for the report.
    let origin: String

    /// The first rows of `input.safetensors` beside the model, or random ones if it has too few.
    static func load(from model: String, tokens: Int, width: Int) throws -> HiddenStates {
        let path = model + "/input.safetensors"
        guard let file = try? SafetensorsFile(opening: path) else {
            return try random(tokens: tokens, width: width)
        }
        let tensor = try file.tensor("hidden_states")
        guard tensor.shape.count == 2, tensor.shape[1] == width, let values = tensor.floats() else {
            throw CheckpointError(
                .tensor,
                "\(path): hidden_states: \(tensor.type.rawValue) \(tensor.shape), "
                    + "wanted floats [tokens, \(width)]")
        }
        guard tensor.shape[0] >= tokens else { return try random(tokens: tokens, width: width) }
        let rows = try Matrix(
            rows: tokens, columns: width, elements: Array(values.prefix(tokens * width)))
        return HiddenStates(rows: rows, origin: path)
    }

    /// Roughly normal values, the same in every run.
    private static func random(tokens: Int, width: Int) throws -> HiddenStates {
        var state: UInt64 = 1
        func uniform() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 24)
        }
        let elements = (0..<tokens * width).map { _ in
            (0..<12).reduce(Float(-6)) { sum, _ in sum + uniform() }
        }
        return HiddenStates(
            rows: try Matrix(rows: tokens, columns: width, elements: elements),
            origin: "random numbers")
    }
}
