import Foundation
import GenerateEngine
import MoE
import MoECheckpoint

/// A tiny model with one great element in every activation of its experts.
///
/// The up-projections' row is scaled, the down-projections' column by the inverse: with float experts
/// it computes the same as the model it is made of.
struct OutlierModel {
    let folder: String
    let column: Int

    /// Writes the model.
    ///
    /// - Parameters:
    ///   - model: what it is made of; experts are `gate_proj`, `up_proj`, `down_proj`.
    ///   - column: which element of the activation.
    ///   - scale: a power of two.
    /// - Throws: what reading and writing files throws.
    init(of model: TinyModel, column: Int, scale: Float) throws {
        self.column = column
        folder = NSTemporaryDirectory() + "outlier-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: model.folder + "/config.json", toPath: folder + "/config.json")
        let file = try SafetensorsFile(opening: model.folder + "/model.safetensors")
        let tensors = try file.names.map { name in
            let tensor = try file.tensor(name)
            var elements = tensor.floats() ?? []
            let width = tensor.shape.last ?? 1
            if name.contains(".experts."), name.contains("up_proj") {
                for index in column * width..<(column + 1) * width { elements[index] *= scale }
            } else if name.contains(".experts."), name.contains("down_proj") {
                for index in stride(from: column, to: elements.count, by: width) {
                    elements[index] /= scale
                }
            }
            return (name, try Tensor(elements, shape: tensor.shape))
        }
        try SafetensorsWriter.write(tensors, to: folder + "/model.safetensors")
    }

    /// The decoder with float experts, on one thread.
    func decoder() throws -> Decoder {
        try Decoder(
            directory: folder, experts: ExpertChoice(.float, backend: .native, threads: 1))
    }

    /// Removes the folder.
    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
