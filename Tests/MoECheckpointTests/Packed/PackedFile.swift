import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Synchronization
import Testing

/// A packed file of a small model, whose bytes a test may change.
struct PackedFile {
    let folder: TemporaryFolder
    let kernel: GemmKernel
    private let format: PanelFormat
    var path: String { folder.path(of: "model.moepack") }

    /// Bytes of the preamble, and places in it.
    static let preamble = 64, versionPlace = 8, offsetPlace = 16, countPlace = 24, hashPlace = 32
    static let fileBytesPlace = 40, ownHashPlace = 56

    /// Packs a checkpoint for a kernel.
    init(_ checkpoint: Checkpoint, for kernel: GemmKernel = .chosen) throws {
        folder = try TemporaryFolder()
        self.kernel = kernel
        format = try PanelFormat(kernel)
        _ = try CheckpointPacker(checkpoint, kernel: kernel).write(to: path, threads: 2)
    }

    /// A model of one MoE layer with a gated shared expert: more than a panel and a block of any
    /// kernel, and whole numbers of neither.
    static func wideCheckpoint(experts: Int = 5) throws -> Checkpoint {
        var model = TinyModel(hidden: 1090, width: 70, experts: experts, sharedWidth: 33)
        model.layer = "model.layers.0."
        let gate = "model.layers.0.mlp.shared_expert_gate.weight"
        let config = """
            {"model_type": "qwen2_moe", "hidden_size": 1090, "moe_intermediate_size": 70,
             "shared_expert_intermediate_size": 33, "num_hidden_layers": 1,
             "num_experts": \(experts), "num_experts_per_tok": 2, "norm_topk_prob": true}
            """
        return try checkpoint(
            config, try model.router(), try model.perExpert(),
            try model.shared("mlp.shared_expert"),
            [gate: try model.tensor(model.values(1090, seed: 7), [1, 1090])])
    }

    func open(as kernel: GemmKernel? = nil) throws(CheckpointError) -> PackedModel {
        guard let kernel else {
            return try PackedModel(opening: path, kernel: self.kernel, format: format)
        }
        do {
            return try PackedModel(opening: path, kernel: kernel, format: PanelFormat(kernel))
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw CheckpointError(.file, "\(error)")
        }
    }

    var bytes: [UInt8] {
        get throws { try folder.bytes(of: "model.moepack") }
    }

    /// Replaces the file's bytes.
    func write(_ bytes: [UInt8]) throws { try folder.write(bytes, to: "model.moepack") }

    /// The directory at the file's end.
    var directory: String {
        get throws {
            let bytes = try bytes
            return String(decoding: bytes[Int(word(Self.offsetPlace, of: bytes))...], as: UTF8.self)
        }
    }

    /// Replaces the directory, and makes all hashes right for it.
    func write(directory: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        var preamble = [UInt8](try #require(try file.read(upToCount: Self.preamble)))
        let offset = word(Self.offsetPlace, of: preamble), text = Array(directory.utf8)
        set(Self.countPlace, to: UInt64(text.count), in: &preamble)
        set(Self.hashPlace, to: text.withUnsafeBytes { XXH64.hash($0) }, in: &preamble)
        set(Self.fileBytesPlace, to: offset + UInt64(text.count), in: &preamble)
        signPreamble(of: &preamble)
        try file.seek(toOffset: 0)
        try file.write(contentsOf: preamble)
        try file.seek(toOffset: offset)
        try file.write(contentsOf: text)
        try file.truncate(atOffset: offset + UInt64(text.count))
        try file.close()
    }

    /// Makes the preamble's own hash right.
    func signPreamble(of bytes: inout [UInt8]) {
        let hash = bytes[..<Self.ownHashPlace].withUnsafeBytes { XXH64.hash($0) }
        set(Self.ownHashPlace, to: hash, in: &bytes)
    }

    func word(_ place: Int, of bytes: [UInt8]) -> UInt64 {
        bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    func set(_ place: Int, to value: UInt64, in bytes: inout [UInt8]) {
        bytes.replaceSubrange(place..<place + 8, with: littleEndian(value))
    }
}

/// Tokens of a width.
func tokens(_ count: Int, _ width: Int) throws -> Matrix<Float> {
    var random = SeededRandom(5)
    return try Matrix(rows: count, columns: width, elements: random.normals(count * width))
}

/// A layer of a checkpoint on the native backend, unpacked.
func unpacked(_ checkpoint: Checkpoint, _ layer: Int, _ kernel: GemmKernel) throws -> MoEBlock {
    try MoEBlock(
        checkpoint.layer(layer, experts: .int8), backend: NativeBackend(kernel: kernel), threads: 2)
}

extension String {
    /// The text with a range of it replaced.
    func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}

/// What a run has told of its progress.
final class ProgressLog: Sendable {
    private let log = Mutex<[Int]>([])

    var values: [Int] { log.withLock { $0 } }

    func add(_ value: Int) { log.withLock { $0.append(value) } }
}
