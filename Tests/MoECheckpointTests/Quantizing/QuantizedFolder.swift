import Foundation
import MoE
import MoECheckpoint
import MoETestSupport

/// A model's folder and the folder that it is quantised to, both gone with the test.
final class QuantizedFolder {
    private let folder: TemporaryFolder
    /// The model.
    var source: String { folder.path(of: "model") }
    /// Where its quantised form goes.
    var destination: String { folder.path(of: "quantised") }
    /// Where that grows.
    var partial: String { destination + ".partial" }

    /// A copy of a golden block's model.
    init(copying block: String = "qwen3_moe") throws {
        folder = try TemporaryFolder()
        let block = GoldenBlock.all.first { $0.name == block }?.directory ?? block
        try FileManager.default.copyItem(atPath: block, toPath: source)
        try FileManager.default.removeItem(atPath: source + "/golden.safetensors")
    }

    /// A model of a configuration and tensors.
    init(_ config: String, _ tensors: [String: Tensor]) throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: false)
        try write(config, to: "config.json")
        try SafetensorsWriter.write(
            tensors.map { ($0.key, $0.value) }, to: source + "/model.safetensors")
    }

    func quantizer(
        _ format: QuantizedFormat = .compressedTensors, shardSize: Int = 5_000_000_000
    ) throws -> CheckpointQuantizer {
        try CheckpointQuantizer(of: source, as: format, shardSize: shardSize)
    }

    /// Quantises the model; the destination must not be there yet.
    @discardableResult
    func quantize(
        _ format: QuantizedFormat = .compressedTensors, shardSize: Int = 5_000_000_000,
        observer: QuantizationObserver? = nil
    ) throws -> QuantizationReport {
        try quantizer(format, shardSize: shardSize).write(
            to: destination, threads: 2, observer: observer)
    }

    // MARK: - Files

    /// Writes a file into the model's folder.
    func write(_ text: String, to name: String) throws {
        try folder.write(text, to: "model/" + name)
    }

    /// What is in a folder, hidden files too; nil if there is none.
    func contents(of path: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// The files of the destination by name.
    func files() throws -> [String: Data] {
        try files(in: destination)
    }

    func files(in path: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in contents(of: path) ?? [] {
            files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        return files
    }

    func json(_ name: String) throws -> JSONValue {
        try JSONValue(contentsOf: "\(destination)/\(name)")
    }

    /// The destination's tensors.
    func tensors() throws -> [String: Tensor] {
        try Self.tensors(in: destination)
    }

    static func tensors(in path: String) throws -> [String: Tensor] {
        let directory = try SafetensorsDirectory(opening: path)
        var tensors: [String: Tensor] = [:]
        for name in directory.names { tensors[name] = try directory.tensor(name) }
        return tensors
    }
}

/// A layer as values that can be compared.
struct ComparableLayer: Equatable {
    let router: Matrix<Float>
    let vectors: [[Float]?]
    let matrices: [QuantizedMatrix]

    /// An int8 layer of a folder's model.
    init(_ layer: Int, of folder: String) throws {
        let layer = try Checkpoint(directory: folder).layer(layer, experts: .int8)
        var (vectors, matrices) = ([[Float]?](), [QuantizedMatrix]())
        for weights in [layer.experts, layer.shared?.experts].compactMap(\.self) {
            guard case .int8(let experts) = weights else { continue }
            for expert in experts {
                matrices += [expert.gateUp, expert.down]
                vectors += [expert.gateUpBias, expert.downBias]
            }
        }
        router = layer.router.weight
        self.vectors =
            vectors + [
                layer.shared?.gate, layer.router.logitBias, layer.router.correctionBias,
                layer.router.expertScale,
            ]
        self.matrices = matrices
    }
}
