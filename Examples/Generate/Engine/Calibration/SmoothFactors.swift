import Foundation
public import MoE
import MoECheckpoint

/// Smooth factors of a model's experts: what activations are multiplied by before they become int8.
///
/// A file of them holds for every smoothed layer i a tensor `model.layers.i.mlp.experts.quant_scale`,
/// F32 `[E, H]`, and every expert's α in the metadata. Beside a model it is called `smooth-factors.safetensors`.
public struct SmoothFactors: Sendable {
    /// The file's name in a model's folder.
    public static let fileName = "smooth-factors.safetensors"

    /// The factors of one layer.
    public struct Layer: Sendable {
        /// One row per expert, `[E, H]`, above 0.
        public let matrix: Matrix<Float>
        /// The power α of every expert's factors, 0 where all of them are 1.
        ///
        /// Of the factors that let the noise be least; see ``Calibration``. Empty where a file does
        /// not say.
        public let alphas: [Float]
    }

    /// The factors by layer; a layer without is not smoothed.
    public internal(set) var layers: [Int: Layer] = [:]

    /// Factors of no layer.
    init() {}

    /// Reads the factors beside a model.
    ///
    /// - Parameter directory: the model's folder.
    /// - Returns: the factors, or nil if there is no ``fileName``.
    /// - Throws: `CheckpointError` for a file that does not hold factors.
    public static func beside(model directory: String) throws -> SmoothFactors? {
        let path = directory + "/" + fileName
        return FileManager.default.fileExists(atPath: path) ? try SmoothFactors(reading: path) : nil
    }

    /// Reads factors.
    ///
    /// - Parameter path: a file that ``write(to:)`` wrote.
    /// - Throws: `CheckpointError` for a file that does not hold factors.
    public init(reading path: String) throws {
        let file = try SafetensorsFile(opening: path)
        for name in file.names {
            let parts = name.split(separator: "."), tensor = try file.tensor(name)
            guard parts.count == 6, let layer = Int(parts[2]), name == Self.tensorName(layer),
                tensor.shape.count == 2, let values = tensor.elements(as: Float.self)
            else {
                throw CheckpointError(
                    .tensor,
                    "\(path): \(name): \(tensor.type.rawValue) \(tensor.shape), wanted "
                        + "\(Self.tensorName(0)) and so on, F32 [E, H]")
            }
            layers[layer] = Layer(
                matrix: try Matrix(
                    rows: tensor.shape[0], columns: tensor.shape[1], elements: values),
                alphas: file.metadata["alpha.\(layer)"].map { text in
                    text.split(separator: " ").compactMap { Float($0) }
                } ?? [])
        }
    }

    /// Writes the factors.
    ///
    /// - Parameter path: the file.
    /// - Throws: `CheckpointError` if it cannot be written.
    public func write(to path: String) throws {
        let sorted = layers.sorted { $0.key < $1.key }
        try SafetensorsWriter.write(
            sorted.map { layer, factors in
                (
                    Self.tensorName(layer),
                    try Tensor(
                        factors.matrix.elements,
                        shape: [factors.matrix.rows, factors.matrix.columns])
                )
            },
            metadata: Dictionary(
                uniqueKeysWithValues: sorted.map { layer, factors in
                    ("alpha.\(layer)", factors.alphas.map { "\($0)" }.joined(separator: " "))
                }),
            to: path)
    }

    private static func tensorName(_ layer: Int) -> String {
        "model.layers.\(layer).mlp.experts.quant_scale"
    }
}
