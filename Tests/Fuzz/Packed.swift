import Foundation
import MoE
import MoECheckpoint

/// Packed files: the input is a directory, which is put behind the data of a file that was packed,
/// with all hashes made right.
///
/// Every layer of a file that opens is a block that computes, or an error.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    seed.write(directory: input(start, count))
    guard let model = try? PackedModel(opening: seed.path) else { return 0 }
    for layer in model.layers.prefix(4) {
        guard let block = try? model.block(layer, threads: 1) else { continue }
        let width = block.shape.hiddenSize
        guard
            let tokens = try? Matrix(
                rows: 2, columns: width, elements: [Float](repeating: 0.5, count: 2 * width))
        else { fatalError("a block whose tokens have \(width) elements") }
        _ = try? block.forward(tokens)
        _ = try? block.forward(tokens, routerInput: tokens, tokenIDs: [0, 1])
        try? model.verify(layer: layer, threads: 1)
    }
    return 0
}

private let seed = PackedSeed()

/// A small packed file, whose directory stands beside it as an input to begin with.
private struct PackedSeed {
    let path = ScratchFile("seed.moepack").path
    private let descriptor: Int32
    private let preamble: [UInt8]
    /// Where the directory begins.
    private let dataEnd: Int

    init() {
        do {
            _ = try CheckpointPacker(of: "Tests/Vectors/Blocks/qwen2_moe")
                .write(to: path, threads: 1)
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            preamble = Array(bytes[..<64])
            dataEnd = (0..<8).reduce(0) { $0 | Int(bytes[16 + $1]) << (8 * $1) }
            ScratchFile("directory").fill(with: bytes[dataEnd...])
            descriptor = open(path, O_WRONLY)
        } catch {
            fatalError("the seed cannot be packed: \(error)")
        }
    }

    /// Replaces the directory.
    func write(directory: [UInt8]) {
        var head = preamble
        func set(_ place: Int, _ value: UInt64) {
            for byte in 0..<8 {
                head[place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
            }
        }
        set(24, UInt64(directory.count))
        set(32, directory.withUnsafeBytes { XXH64.hash($0) })
        set(40, UInt64(dataEnd + directory.count))
        set(56, head[..<56].withUnsafeBytes { XXH64.hash($0) })
        guard pwrite(descriptor, head, head.count, 0) == head.count,
            pwrite(descriptor, directory, directory.count, dataEnd) == directory.count,
            ftruncate(descriptor, dataEnd + directory.count) == 0
        else { fatalError("\(path): cannot be written") }
    }
}
