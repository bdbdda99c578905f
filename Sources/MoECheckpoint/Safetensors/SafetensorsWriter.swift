public import MoE

/// Writes a safetensors file, tensor after tensor, without holding it in memory.
///
/// The tensors are declared first, then their bytes are written in the order that `order` gives.
/// The file appears at its path when `commit` returns, whole; if that never happens, nothing of it
/// stays and what stood there before is unchanged. A symbolic link at the path is replaced.
///
/// ```swift
/// var writer = try SafetensorsWriter(
///     path: "out.safetensors", tensors: [.init("x", .f32, shape: [2])])
/// for name in writer.order { try writer.write(bytes(of: name), to: name) }
/// try writer.commit()
/// ```
public struct SafetensorsWriter: ~Copyable {
    /// What will be written under one name.
    public struct Declaration: Sendable, Equatable {
        /// The tensor's name.
        public let name: String
        /// The type of the elements.
        public let type: ElementType
        /// The dimensions, slowest first; empty for a scalar.
        public let shape: [Int]

        /// A declaration of name, type and shape.
        public init(_ name: String, _ type: ElementType, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }
    }

    /// The names in the order in which their bytes are written: larger elements first, so that all
    /// are aligned, then by name.
    public let order: [String]
    private let byteCounts: [Int]
    /// The tensor, and the byte in it, that is written next.
    private var place = 0
    private var offset = 0
    private let file: NewFile

    /// Begins a file and writes its header.
    ///
    /// - Parameters:
    ///   - path: where the file is to appear.
    ///   - tensors: what it will hold, in any order.
    ///   - metadata: free text about the file.
    /// - Throws: `format` if no valid file can hold the tensors: a name that is empty, used twice
    ///   or holds a control character, a size that overflows or does not fill bytes, a header
    ///   beyond 100 MB; `file` if the path is a folder or cannot be written.
    public init(
        path: String, tensors: [Declaration], metadata: [String: String] = [:]
    ) throws(CheckpointError) {
        let layout = try SafetensorsLayout(tensors, metadata: metadata, file: path)
        let file = try NewFile(creating: path)
        try file.write(layout.bytes.span.bytes)
        self.file = file
        order = layout.tensors.map(\.name)
        byteCounts = layout.byteCounts
        skipWritten()
    }

    /// Writes the next bytes of the tensor whose turn it is.
    ///
    /// - Parameters:
    ///   - bytes: the next elements, little-endian; any number of bytes up to the tensor's end.
    ///   - name: the tensor.
    /// - Throws: `tensor` if another tensor is due or the bytes are too many, `file` if they cannot
    ///   be written.
    public mutating func write(_ bytes: RawSpan, to name: String) throws(CheckpointError) {
        if bytes.isEmpty { return }
        guard place < order.count, order[place] == name else {
            let due = place < order.count ? "\"\(order[place].printable)\"" : "none"
            throw CheckpointError(
                .tensor,
                "\(file.path): bytes for tensor \"\(name.printable)\", wanted next: \(due)")
        }
        let rest = byteCounts[place] - offset
        guard bytes.byteCount <= rest else {
            throw CheckpointError(
                .tensor,
                "\(file.path): \(bytes.byteCount) bytes for tensor \"\(name.printable)\", \(rest) are left"
            )
        }
        try file.write(bytes)
        offset += bytes.byteCount
        skipWritten()
    }

    /// Writes the next bytes of the tensor whose turn it is.
    ///
    /// - Parameters:
    ///   - bytes: the next elements, little-endian; any number of bytes up to the tensor's end.
    ///   - name: the tensor.
    /// - Throws: `tensor` if another tensor is due or the bytes are too many, `file` if they cannot
    ///   be written.
    public mutating func write(_ bytes: [UInt8], to name: String) throws(CheckpointError) {
        try write(bytes.span.bytes, to: name)
    }

    /// Puts the file in its place.
    ///
    /// - Throws: `tensor` if a tensor lacks bytes, `file` if the file cannot be put there.
    public consuming func commit() throws(CheckpointError) {
        guard place == order.count else {
            throw CheckpointError(
                .tensor,
                "\(file.path): tensor \"\(order[place].printable)\" has \(offset) of \(byteCounts[place]) bytes"
            )
        }
        try file.commit()
    }

    /// Writes tensors that are in memory.
    ///
    /// - Parameters:
    ///   - tensors: names and tensors, in any order.
    ///   - metadata: free text about the file.
    ///   - path: where the file is to appear.
    /// - Throws: what `init` throws, or `file` if the file cannot be written.
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:],
        to path: String
    ) throws(CheckpointError) {
        var writer = try SafetensorsWriter(
            path: path,
            tensors: tensors.map { Declaration($0.name, $0.tensor.type, shape: $0.tensor.shape) },
            metadata: metadata)
        // The header's check has found the names distinct.
        let byName = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
        for name in writer.order {
            guard let tensor = byName[name] else { continue }
            try writer.write(tensor.bytes, to: name)
        }
        try writer.commit()
    }

    /// Moves past tensors that have all their bytes, empty ones included.
    private mutating func skipWritten() {
        while place < order.count, offset == byteCounts[place] {
            place += 1
            offset = 0
        }
    }
}
