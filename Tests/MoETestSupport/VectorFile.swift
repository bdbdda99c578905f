public import Foundation
public import MoE

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

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    /// Reads `Tests/Vectors/<path>.safetensors`.
    public init(_ path: String) throws {
        let url = Self.directory.appendingPathComponent("\(path).safetensors")
        let file = try Data(contentsOf: url)
        guard file.count > 8 else { throw Malformed(reason: "\(path): no header") }
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = file.dropFirst(8).prefix(length)
        guard
            let json = try JSONSerialization.jsonObject(with: header) as? [String: Any],
            let metadata = json["__metadata__"] as? [String: String],
            let options = try JSONSerialization.jsonObject(
                with: Data((metadata["cases"] ?? "").utf8)) as? [String: Any]
        else { throw Malformed(reason: "\(path): no cases") }

        var tensors: [String: [String: Tensor]] = [:]
        for (name, value) in json where name != "__metadata__" {
            let parts = name.split(separator: "/").map(String.init)
            let entry = try JSONDecoder().decode(
                Entry.self, from: JSONSerialization.data(withJSONObject: value))
            guard let type = ElementType(rawValue: entry.dtype), parts.count == 2,
                entry.data_offsets.count == 2
            else { throw Malformed(reason: "\(path): \(name)") }
            let start = file.startIndex + 8 + length
            let bytes = file[start + entry.data_offsets[0]..<start + entry.data_offsets[1]]
            tensors[parts[0], default: [:]][parts[1]] = try Tensor(
                type: type, shape: entry.shape, bytes: Array(bytes))
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
