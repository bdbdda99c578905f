internal import MoE

/// One GGUF file, open for reading.
///
/// Header and layout are checked when it is opened, tensors are read when they are asked for; the
/// file is untrusted. Dimensions are given slowest first. Tensors of Q8_0 are U8 of
/// `[…, K / 32, 34]`, blocks of a binary16 scale and 32 int8; those of MXFP4 of `[…, K / 32, 17]`,
/// blocks of a scale and 32 codes.
public struct GGUFFile: TensorSource {
    /// The names of all tensors, in the order of the file; of types that are not read too.
    public let names: [String]
    /// Numbers, truth values, texts and short arrays of the header, by their keys.
    public let metadata: JSONObject
    /// The file's path, as it was given.
    public var path: String { file.path }

    private let file: RegularFile
    private let tensors: [String: GGUFTensor]

    /// How many tensors a file may have.
    private static let tensorLimit = 4_000_000
    /// The bytes that a key-value pair takes at least, and a tensor's entry.
    private static let least = (pair: 13, tensor: 33)

    /// Opens a file and checks its header.
    ///
    /// - Parameter path: a regular file, or a symbolic link to one.
    /// - Throws: `file` if it cannot be opened or read, `format` if it is not a valid GGUF file of
    ///   version 3.
    public init(opening path: String) throws(CheckpointError) {
        let file = try RegularFile(opening: path)
        var cursor = GGUFCursor(file)
        let start = cursor
        guard cursor.remaining >= 24, try cursor.integer(UInt32.self) == 0x4655_4747 else {
            throw start.failure("no GGUF file")
        }
        let version = try cursor.integer(UInt32.self)
        guard version == 3 else { throw start.failure("GGUF of version \(version), wanted 3") }
        let tensorCount = try cursor.count("tensors", ofBytes: Self.least.tensor)
        guard tensorCount <= Self.tensorLimit else {
            throw start.failure("\(tensorCount) tensors, at most \(Self.tensorLimit) allowed")
        }
        let pairCount = try cursor.count("key-value pairs", ofBytes: Self.least.pair)
        let metadata = try cursor.metadata(pairCount)
        let alignment = metadata["general.alignment"].map(\.intValue) ?? 32
        guard let alignment, alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0
        else {
            throw CheckpointError(
                .format, "\(path): general.alignment: wanted a power of two up to \(1 << 20)")
        }
        var names: [String] = []
        var tensors: [String: GGUFTensor] = [:]
        for _ in 0..<tensorCount {
            let place = cursor
            let (name, tensor) = try cursor.tensor(alignment: alignment)
            guard tensors.updateValue(tensor, forKey: name) == nil else {
                throw place.failure("the tensor \"\(name.printable)\" is there twice")
            }
            names.append(name)
        }
        let dataOffset = cursor.offset.dividedUp(by: alignment) * alignment
        try Self.checkLayout(tensors, dataByteCount: file.byteCount - dataOffset, file: path)
        for (name, var tensor) in tensors {
            tensor.offset += dataOffset
            tensors[name] = tensor
        }
        self.file = file
        self.names = names
        self.metadata = metadata
        self.tensors = tensors
    }

    /// Checks that every tensor lies in the file, and none in another.
    private static func checkLayout(
        _ tensors: [String: GGUFTensor], dataByteCount: Int, file: String
    ) throws(CheckpointError) {
        var end = 0
        for (name, tensor) in tensors.sorted(by: { $0.value.offset < $1.value.offset }) {
            guard tensor.offset >= end else {
                throw CheckpointError(
                    .format,
                    "\(file): tensor \"\(name)\" begins at byte \(tensor.offset) of the data, "
                        + "where another one ends at \(end)")
            }
            let (last, overflow) = tensor.offset.addingReportingOverflow(tensor.byteCount)
            guard !overflow, last <= dataByteCount else {
                throw CheckpointError(
                    .format,
                    "\(file): tensor \"\(name)\" ends at byte \(overflow ? Int.max : last) of "
                        + "\(max(dataByteCount, 0)) bytes of data")
            }
            end = last
        }
    }

    // MARK: - Reading

    /// Type, shape and place of a tensor, or nil if there is none of that name or its type is not
    /// read.
    public func entry(_ name: String) -> TensorEntry? {
        try? locate(name)
    }

    /// Type, shape and place of a tensor.
    ///
    /// - Parameter name: the tensor.
    /// - Returns: its entry.
    /// - Throws: `tensor` if there is none of that name, `unsupported` if its type is not read.
    public func locate(_ name: String) throws(CheckpointError) -> TensorEntry {
        guard let tensor = tensors[name] else {
            throw CheckpointError(.tensor, "\(file.path): \(name.printable): no such tensor")
        }
        guard let type = tensor.type.elementType else {
            throw CheckpointError(
                .unsupported,
                "\(file.path): \(name): type \(tensor.type.name), wanted F32, F16, BF16, Q8_0 or MXFP4"
            )
        }
        return TensorEntry(
            type: type, shape: tensor.shape, byteCount: tensor.byteCount, file: file.path)
    }

    /// Reads a part of a tensor's bytes into memory.
    ///
    /// - Parameters:
    ///   - name: the tensor.
    ///   - byteRange: which bytes of it, within `0..<entry.byteCount`.
    ///   - destination: where they go; exactly as long as the range.
    /// - Throws: `tensor` if there is none of that name or it has no such bytes, `file` if the file
    ///   cannot give them.
    public func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        guard let tensor = tensors[name], byteRange.lowerBound >= 0,
            byteRange.upperBound <= tensor.byteCount, byteRange.count == destination.count
        else {
            throw CheckpointError(
                .tensor, "\(file.path): \(name.printable): there are no bytes \(byteRange)")
        }
        try file.read(at: tensor.offset + byteRange.lowerBound, into: destination)
    }
}

/// What a GGUF header says of one tensor.
struct GGUFTensor: Sendable {
    let type: GGUFTensorType
    /// The dimensions, slowest first; blocks of bytes have two of their own.
    let shape: [Int]
    let byteCount: Int
    /// Where it begins: in the data, then in the file.
    var offset: Int
}

extension GGUFCursor {
    /// The entry of a tensor.
    fileprivate mutating func tensor(
        alignment: Int
    ) throws(CheckpointError) -> (name: String, GGUFTensor) {
        let start = self
        let name = try text("a tensor's name")
        guard name.isTensorName else {
            throw start.failure("the tensor name \"\(name.printable)\", wanted a name")
        }
        let rank = try integer(UInt32.self)
        guard (1...4).contains(rank) else {
            throw start.failure("\(name): \(rank) dimensions, wanted 1 to 4")
        }
        var shape: [Int] = []
        for _ in 0..<rank {
            let dimension = try integer(UInt64.self)
            guard (1...(1 << 48)).contains(dimension) else {
                throw start.failure("\(name): a dimension of \(dimension)")
            }
            shape.insert(Int(dimension), at: 0)
        }
        let number = try integer(UInt32.self)
        guard let type = GGUFTensorType(number) else {
            throw start.failure("\(name): the unknown type \(number)")
        }
        let depth = shape[shape.count - 1]
        guard depth % type.blockSize == 0 else {
            throw start.failure(
                "\(name): rows of \(depth) elements in \(type.name)'s blocks of \(type.blockSize)")
        }
        shape[shape.count - 1] = depth / type.blockSize
        guard
            let byteCount = Tensor.byteCount(type: .u8, shape: shape + [type.blockByteCount])
        else { throw start.failure("\(name): dimensions whose product is too great") }
        if type.isBlocked { shape.append(type.blockByteCount) }
        let offset = try integer(UInt64.self)
        guard let offset = Int(exactly: offset), offset % alignment == 0 else {
            throw start.failure(
                "\(name): an offset of \(offset), wanted a multiple of \(alignment)")
        }
        return (name, GGUFTensor(type: type, shape: shape, byteCount: byteCount, offset: offset))
    }
}
