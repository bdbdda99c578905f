internal import Foundation

/// One folder of `Tests/Vectors/Blocks`: a tiny checkpoint and what its MoE block must compute.
public struct GoldenBlock: Sendable, Hashable, CustomStringConvertible {
    /// The layer of every checkpoint that ``Golden`` belongs to.
    ///
    /// Layer 0 is dense, or a different block that must not be used.
    public static let layer = 1

    /// The folder's name: the family, then what is unusual about the files.
    public let name: String

    /// All blocks, by name.
    public static let all: [GoldenBlock] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.map { GoldenBlock(name: $0) }
            .filter { FileManager.default.fileExists(atPath: $0.goldenFile) }
            .sorted { $0.name < $1.name }
    }()

    /// The folder with `config.json` and the model's files.
    public var directory: String { "\(GoldenBlock.root)/\(name)" }

    /// The part of the model that is meant, where it is not the first: the name's end.
    public var part: String? { ["vision", "talker"].first { name.hasSuffix("-\($0)") } }

    /// The file that ``Golden`` is read from.
    public var goldenFile: String { "\(directory)/golden.safetensors" }

    /// The name, as tests list their arguments.
    public var description: String { name }

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Vectors/Blocks").path
}
