package import MoE

/// The header of a safetensors file: what its tensors are and where they lie.
///
/// Stricter than the reference implementation (safetensors 0.8.0), which keeps the last of two
/// equal names, takes an array for an entry and accepts any dimension beside a zero.
package struct SafetensorsHeader: Sendable {
    /// What the file says of one tensor.
    package struct Record: Sendable {
        package let name: String
        package let type: ElementType
        package let shape: [Int]
        /// The first byte, counted from the end of the header.
        package let offset: Int
        package let byteCount: Int
    }

    /// The longest header, as the format has it.
    package static let byteLimit = 100_000_000
    /// More tensors no model has.
    package static let tensorLimit = 4_000_000

    /// Free text about the file.
    package private(set) var metadata: [String: String] = [:]
    /// The tensors' names, in the order of the text.
    package private(set) var names = NameTable()
    /// The tensors themselves, in the same order.
    private var entries: [Entry] = []
    /// The dimensions of all tensors, one after the other.
    private var dimensions: [Int] = []

    /// What the file says of one tensor, its name apart.
    struct Entry: Sendable {
        let type: ElementType
        /// Where its dimensions end; they begin where those of the tensor before end.
        let dimensionsEnd: Int
        let offset: Int
        let byteCount: Int
    }

    /// The tensors, in the order of the text.
    package var records: [Record] { (0..<names.count).map { record($0) } }

    /// The tensor of a name.
    package subscript(name: String) -> Record? { names.place(of: name).map { record($0) } }

    /// The tensor at a place of ``names``.
    func record(_ place: Int) -> Record {
        let entry = entries[place]
        return Record(
            name: names[place], type: entry.type, shape: shape(place), offset: entry.offset,
            byteCount: entry.byteCount)
    }

    /// Type and size of the tensor at a place of ``names``.
    func entry(_ place: Int) -> Entry { entries[place] }

    /// The dimensions of the tensor at a place of ``names``.
    func shape(_ place: Int) -> [Int] {
        let start = place == 0 ? 0 : entries[place - 1].dimensionsEnd
        return Array(dimensions[start..<entries[place].dimensionsEnd])
    }

    /// Parses and checks a header.
    ///
    /// - Parameters:
    ///   - bytes: the JSON text between the length and the data.
    ///   - dataByteCount: how many bytes follow it; the tensors must cover them exactly.
    ///   - file: the file, as errors name it.
    /// - Throws: `format` with the byte of the header, or the tensor, that is wrong.
    package init(
        parsing bytes: [UInt8], dataByteCount: Int, file: String
    ) throws(CheckpointError) {
        var scanner = try JSONScanner(
            bytes, source: "\(file): header", limits: JSONLimits(byteCount: Self.byteLimit))
        guard try scanner.kind() == .object else { throw scanner.unexpected(wanted: "'{'") }
        // An entry takes 52 characters at least, and about 128 as a rule, half of them its name.
        names.reserve(bytes.count / 128, byteCount: bytes.count / 2)
        entries.reserveCapacity(bytes.count / 128)
        dimensions.reserveCapacity(bytes.count / 64)
        var hasMetadata = false
        try scanner.open()
        while let name = try scanner.nextKeyBytes() {
            let place = scanner.keyOffset
            if name.elementsEqual("__metadata__".utf8) {
                guard !hasMetadata else { throw scanner.repeated(name.text, at: place) }
                hasMetadata = true
                metadata = try scanner.metadata()
                continue
            }
            guard name.isTensorName else {
                throw scanner.failure(
                    "the tensor name \"\(name.text.printable)\" is empty or holds a control character",
                    at: place)
            }
            guard entries.count < Self.tensorLimit else {
                throw scanner.failure("more than \(Self.tensorLimit) tensors", at: place)
            }
            entries.append(
                try scanner.entry(
                    of: name, dataByteCount: dataByteCount, addingShapeTo: &dimensions))
            guard name.withUnsafeBufferPointer({ names.insert($0) }) != nil else {
                throw scanner.repeated(name.text, at: place)
            }
        }
        try scanner.finish()
        try checkLayout(dataByteCount: dataByteCount, file: file)
    }

    /// Checks that the tensors cover the data: no hole, no overlap, nothing left.
    private func checkLayout(dataByteCount: Int, file: String) throws(CheckpointError) {
        func precedes(_ left: Int, _ right: Int) -> Bool {
            let (left, right) = (entries[left], entries[right])
            return (left.offset, left.byteCount) < (right.offset, right.byteCount)
        }
        // Writers nearly always list tensors as they lie.
        var order = Array(entries.indices)
        let isSorted = order.dropFirst().allSatisfy { !precedes($0, $0 - 1) }
        if !isSorted { order.sort(by: precedes) }
        var end = 0
        for place in order {
            let entry = entries[place]
            guard entry.offset == end else {
                let fault = entry.offset < end ? "overlaps its neighbour" : "leaves a hole"
                throw CheckpointError(
                    .format,
                    "\(file): tensor \"\(names[place])\" \(fault): it begins at byte \(entry.offset) of the data, wanted \(end)"
                )
            }
            end += entry.byteCount
        }
        guard end == dataByteCount else {
            throw CheckpointError(
                .format, "\(file): its tensors take \(end) bytes, but it has \(dataByteCount)")
        }
    }
}

extension Collection<UInt8> {
    /// Whether a tensor may be called so, in UTF-8: not empty, no control character.
    var isTensorName: Bool {
        let isName = withContiguousStorageIfAvailable { bytes in
            var previous: UInt8 = 0
            for byte in bytes {
                // U+0080 to U+009F are C2 80 to C2 9F.
                if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) {
                    return false
                }
                previous = byte
            }
            return !bytes.isEmpty
        }
        return isName ?? Array(self).isTensorName
    }
}

extension String {
    /// Whether a tensor may be called so: not empty, no control character.
    var isTensorName: Bool { utf8.isTensorName }
}

extension ArraySlice<UInt8> {
    /// The text that is UTF-8.
    var text: String { String(decoding: self, as: UTF8.self) }
}
