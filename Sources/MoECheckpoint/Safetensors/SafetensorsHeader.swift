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
    /// The tensors, in the order of the text.
    package private(set) var records: [Record] = []
    private var index: [String: Int] = [:]

    /// The tensor of a name.
    package subscript(name: String) -> Record? { index[name].map { records[$0] } }

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
        // An entry takes 52 characters at least, and about 128 as a rule; growing would hash every
        // name again.
        index.reserveCapacity(bytes.count / 128)
        records.reserveCapacity(bytes.count / 128)
        var hasMetadata = false
        try scanner.open()
        while let name = try scanner.nextKey() {
            let place = scanner.keyOffset
            if name == "__metadata__" {
                guard !hasMetadata else { throw scanner.repeated(name, at: place) }
                hasMetadata = true
                metadata = try scanner.metadata()
                continue
            }
            guard name.isTensorName else {
                throw scanner.failure(
                    "the tensor name \"\(name.printable)\" is empty or holds a control character",
                    at: place)
            }
            guard records.count < Self.tensorLimit else {
                throw scanner.failure("more than \(Self.tensorLimit) tensors", at: place)
            }
            let record = try scanner.record(of: name, dataByteCount: dataByteCount)
            guard index.updateValue(records.count, forKey: name) == nil else {
                throw scanner.repeated(name, at: place)
            }
            records.append(record)
        }
        try scanner.finish()
        try checkLayout(dataByteCount: dataByteCount, file: file)
    }

    /// Checks that the tensors cover the data: no hole, no overlap, nothing left.
    private func checkLayout(dataByteCount: Int, file: String) throws(CheckpointError) {
        func precedes(_ left: Record, _ right: Record) -> Bool {
            (left.offset, left.byteCount) < (right.offset, right.byteCount)
        }
        // Writers nearly always list tensors as they lie.
        let isSorted = zip(records, records.dropFirst()).allSatisfy { !precedes($1, $0) }
        var end = 0
        for record in isSorted ? records : records.sorted(by: precedes) {
            guard record.offset == end else {
                let fault = record.offset < end ? "overlaps its neighbour" : "leaves a hole"
                throw CheckpointError(
                    .format,
                    "\(file): tensor \"\(record.name)\" \(fault): it begins at byte \(record.offset) of the data, wanted \(end)"
                )
            }
            end += record.byteCount
        }
        guard end == dataByteCount else {
            throw CheckpointError(
                .format, "\(file): its tensors take \(end) bytes, but it has \(dataByteCount)")
        }
    }
}

extension String {
    /// Whether a tensor may be called so: not empty, no control character.
    var isTensorName: Bool {
        var previous: UInt8 = 0
        for byte in utf8 {
            // U+0080 to U+009F are C2 80 to C2 9F.
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return false }
            previous = byte
        }
        return !isEmpty
    }
}
