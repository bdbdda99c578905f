import MoE
import MoECheckpoint

/// Reads a decoder's own weights, widened to 32 bits.
struct WeightReader {
    let source: any TensorSource

    /// A projection of a known shape.
    ///
    /// - Parameters:
    ///   - name: the module, without `.weight`.
    ///   - outputs: rows.
    ///   - inputs: columns.
    /// - Returns: the projection.
    /// - Throws: `tensor` for one that is missing, of another shape or no float; what reading
    ///   throws.
    func linear(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
        Linear(
            weight: try Matrix(
                rows: outputs, columns: inputs,
                elements: floats("\(name).weight", [outputs, inputs])))
    }

    /// A norm's weight.
    func norm(_ name: String, _ width: Int, epsilon: Float) throws -> RMSNorm {
        RMSNorm(weight: try floats("\(name).weight", [width]), epsilon: epsilon)
    }

    private func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
        let entry = try source.locate(name)
        guard entry.shape == shape else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): shape \(entry.shape), wanted \(shape) by the configuration"
            )
        }
        guard let floats = try source.tensor(name).floats() else {
            throw CheckpointError(
                .unsupported,
                "\(entry.file): \(name): type \(entry.type.rawValue), wanted BF16, F16 or F32")
        }
        return floats
    }
}
