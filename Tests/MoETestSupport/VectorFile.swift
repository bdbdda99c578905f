public import Foundation
public import MoE
import MoECheckpoint

/// A file of test vectors: safetensors whose metadata entry `cases` is JSON, case to options.
public struct VectorFile {
    /// One case of the file.
    public struct Case: Sendable, CustomStringConvertible {
        /// The file's name and the case's.
        public let name: String
        /// The tensors by their names within the case.
        public let tensors: [String: Tensor]
        /// The options, as JSON of one object.
        public let options: Data

        /// The name.
        public var description: String { name }
    }

    /// What is wrong with a file.
    public struct Malformed: Error {
        let reason: String
    }

    /// The cases in the order of their names.
    public let cases: [Case]

    /// Reads `Tests/Vectors/<path>.safetensors`.
    public init(_ path: String) throws {
        let file = try SafetensorsFile(
            opening: Self.directory.appendingPathComponent("\(path).safetensors").path)
        guard
            let options = try JSONSerialization.jsonObject(
                with: Data((file.metadata["cases"] ?? "").utf8)) as? [String: Any]
        else { throw Malformed(reason: "\(path): no cases") }

        var tensors: [String: [String: Tensor]] = [:]
        for name in file.names {
            let parts = name.split(separator: "/").map(String.init)
            guard parts.count == 2 else { throw Malformed(reason: "\(path): \(name)") }
            tensors[parts[0], default: [:]][parts[1]] = try file.tensor(name)
        }
        cases = try options.keys.sorted().map { name in
            Case(
                name: "\(path) \(name)", tensors: tensors[name] ?? [:],
                options: try JSONSerialization.data(withJSONObject: options[name] ?? [:]))
        }
    }

    /// `Tests/Vectors` of this checkout.
    public static let directory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Vectors")
}
