import Foundation

/// A text to measure a model on: a file, or the Swift sources of a folder.
public enum SourceText {
    /// Reads a text.
    ///
    /// - Parameters:
    ///   - path: a file, or a folder whose Swift sources are taken in the order of their paths.
    ///   - limit: how many bytes to take, at most.
    /// - Returns: the bytes.
    /// - Throws: ``EngineError`` if there is nothing to read.
    public static func read(_ path: String, limit: Int) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw EngineError("\(path): no such file or folder")
        }
        var bytes: [UInt8] = []
        for file in isFolder.boolValue ? sources(in: path) : [path] where bytes.count < limit {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw EngineError("\(file): it cannot be read")
            }
            bytes += data.prefix(limit - bytes.count)
        }
        guard !bytes.isEmpty else { throw EngineError("\(path): no text in it") }
        return bytes
    }

    /// Reads stretches of a text, spread evenly over all of it.
    ///
    /// - Parameters:
    ///   - path: a file, or a folder of Swift sources.
    ///   - count: how many bytes to take, at most.
    ///   - stretch: how many of them in a row; above 0.
    /// - Returns: the bytes, the whole text if it is no longer.
    /// - Throws: ``EngineError`` if there is nothing to read.
    public static func sample(_ path: String, count: Int, stretch: Int = 512) throws -> [UInt8] {
        let bytes = try read(path, limit: .max), stretches = max(1, count / stretch)
        guard bytes.count > count else { return bytes }
        return (0..<stretches).flatMap { index in
            let first = (bytes.count - stretch) / stretches * index
            return bytes[first..<first + min(stretch, count)]
        }
    }

    private static func sources(in folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        return (names ?? [])
            .filter { $0.hasSuffix(".swift") && !$0.split(separator: "/").contains(".build") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { "\(folder)/\($0)" }
    }
}
