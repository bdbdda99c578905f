internal import MoE

/// The tensors of a model in one GGUF file, or in its parts as llama.cpp splits them.
///
/// Parts lie in one folder and are called `NAME-00001-of-00003.gguf` and so on; any of them stands
/// for all. The first has the model's metadata.
public struct GGUFModel: TensorSource {
    /// The file with the metadata, as errors name it.
    public let path: String
    /// The files, the first one first.
    public let files: [GGUFFile]
    /// The names of all tensors, in the order of the files.
    public let names: [String]
    /// Tensor to place in `files`.
    private let places: [String: Int]

    /// Numbers, truth values, texts and short arrays of the first file's header, by their keys.
    public var metadata: JSONObject { files[0].metadata }

    /// Opens a file, and the others if it is a part.
    ///
    /// - Parameter path: the file.
    /// - Throws: what opening a ``GGUFFile`` throws; `file` for a part whose name does not say so,
    ///   `format` for parts that do not belong together.
    public init(opening path: String) throws(CheckpointError) {
        let file = try GGUFFile(opening: path)
        let count = try file.partCount
        guard count > 1 else {
            try self.init([file])
            return
        }
        guard let name = GGUFPartName(path), name.count == count else {
            throw CheckpointError(
                .file,
                "\(path): one of \(count) parts of a model, wanted a name that ends in "
                    + "-00001-of-\(GGUFPartName.digits(count)).gguf")
        }
        var files: [GGUFFile] = []
        for number in 1...count {
            files.append(number == name.number ? file : try GGUFFile(opening: name.path(number)))
        }
        try self.init(files)
    }

    /// A model of open files, the parts in their order.
    ///
    /// - Parameter files: one file or all parts.
    /// - Throws: `format` for parts that do not belong together.
    package init(_ files: [GGUFFile]) throws(CheckpointError) {
        guard let first = files.first else {
            throw CheckpointError(.file, "a GGUF model of no files")
        }
        var names: [String] = []
        var places: [String: Int] = [:]
        for (place, file) in files.enumerated() {
            let number = file.metadata["split.no"]?.intValue ?? 0
            guard try file.partCount == files.count, number == place else {
                throw CheckpointError(
                    .format,
                    "\(file.path): says that it is part \(number) of \(try file.partCount), wanted "
                        + "\(place) of \(files.count)")
            }
            for name in file.names {
                if let other = places.updateValue(place, forKey: name) {
                    throw CheckpointError(
                        .format,
                        "\(file.path): tensor \"\(name.printable)\" is in \(files[other].path) too")
                }
            }
            names += file.names
        }
        if files.count > 1, let count = first.metadata["split.tensors.count"]?.intValue,
            count != names.count
        {
            throw CheckpointError(
                .format, "\(first.path): \(names.count) tensors in all parts, wanted \(count)")
        }
        self.path = first.path
        self.files = files
        self.names = names
        self.places = places
    }

    // MARK: - Tensors

    /// Type, shape and place of a tensor, or nil if there is none of that name or its type is not
    /// read.
    public func entry(_ name: String) -> TensorEntry? {
        places[name].flatMap { files[$0].entry(name) }
    }

    /// Type, shape and place of a tensor.
    ///
    /// - Parameter name: the tensor.
    /// - Returns: its entry.
    /// - Throws: `tensor` if there is none of that name, `unsupported` if its type is not read.
    public func locate(_ name: String) throws(CheckpointError) -> TensorEntry {
        try files[places[name] ?? 0].locate(name)
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
        try files[places[name] ?? 0].read(name, bytes: byteRange, into: destination)
    }
}

extension GGUFFile {
    /// How many parts the model has that this file is one of.
    fileprivate var partCount: Int {
        get throws(CheckpointError) {
            guard let value = metadata["split.count"], value.intValue != 0 else { return 1 }
            guard let count = value.intValue, (1...Int(UInt16.max)).contains(count)
            else {
                throw CheckpointError(
                    .format, "\(path): split.count: wanted a number up to \(UInt16.max)")
            }
            return count
        }
    }
}

/// The path of a part taken apart: `x/m-00002-of-00003.gguf` is the second of three of `x/m`.
struct GGUFPartName: Equatable {
    let stem: String
    /// Which part, from 1.
    let number: Int
    let count: Int

    /// A part's path, or nil for one that is of no part.
    init?(_ path: String) {
        let bytes = Array(path.utf8)
        let tail = Array("-00000-of-00000.gguf".utf8)
        guard bytes.count > tail.count else { return nil }
        var numbers = [0]
        for (found, wanted) in zip(bytes.suffix(tail.count), tail) {
            if wanted != UInt8(ascii: "0") {
                guard found == wanted else { return nil }
                if wanted == UInt8(ascii: "-") { numbers.append(0) }
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(found) else { return nil }
            numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(found - 48)
        }
        stem = String(decoding: bytes.dropLast(tail.count), as: UTF8.self)
        // Behind each of the three hyphens: the number, the word "of", the count.
        (number, count) = (numbers[1], numbers[3])
        guard (1...max(count, 1)).contains(number) else { return nil }
    }

    /// The path of another part.
    func path(_ number: Int) -> String {
        "\(stem)-\(Self.digits(number))-of-\(Self.digits(count)).gguf"
    }

    /// Five digits.
    static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
}
