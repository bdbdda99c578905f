import Foundation
import MoE
import MoECheckpoint

/// What interprets a model's configuration.
///
/// The input is its text, then a zero byte and a safetensors header whose types and shapes the
/// checkpoint's tensors have. Some layers are loaded in both forms; what loads must be a layer that
/// a block takes.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let parts = input(start, count).split(
        separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let root = try? JSONValue(parsing: Array(parts[0])),
        let configuration = try? ModelConfiguration(root)
    else { return 0 }
    let tensors = ZeroTensors(header: parts.count == 2 ? Array(parts[1]) : [])
    guard let checkpoint = try? Checkpoint(configuration: configuration, tensors: tensors) else {
        return 0
    }
    checkpoint.loadLayers([0, 1, 2, 3, checkpoint.layerCount - 1])
    return 0
}

/// Tensors of a header's types and shapes that are small enough, all of whose bytes are alike.
private struct ZeroTensors: TensorSource {
    private var entries: [String: TensorEntry] = [:]

    /// A real file has as many bytes as its tensors.
    private static let byteLimit = 1 << 16

    var names: [String] { Array(entries.keys) }

    init(header: [UInt8]) {
        guard let header = try? JSONValue(parsing: header).objectValue else { return }
        for (name, value) in header {
            guard let type = value["dtype"]?.stringValue.flatMap(ElementType.init(rawValue:)),
                let dimensions = value["shape"]?.arrayValue?.compactMap(\.intValue),
                dimensions.allSatisfy({ (0...Self.byteLimit).contains($0) }), dimensions.count < 5,
                let byteCount = Tensor.byteCount(type: type, shape: dimensions),
                byteCount <= Self.byteLimit
            else { continue }
            entries[name] = TensorEntry(
                type: type, shape: dimensions, byteCount: byteCount, file: "model.safetensors")
        }
    }

    func entry(_ name: String) -> TensorEntry? { entries[name] }

    func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        guard let entry = entries[name], byteRange.upperBound <= entry.byteCount,
            byteRange.lowerBound >= 0, byteRange.count == destination.count
        else { fatalError("\(name): bytes \(byteRange) into \(destination.count)") }
        for index in destination.indices { destination[index] = 1 }
    }
}
