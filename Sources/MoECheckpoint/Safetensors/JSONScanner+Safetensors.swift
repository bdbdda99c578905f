import MoE

/// Entries are read from the text into records without a JSON tree between them.
extension JSONScanner {
    /// Larger dimensions no tensor has; the bound keeps products of a few of them representable.
    private static let dimensionLimit = 1 << 48

    private static let elementTypes = Dictionary(
        uniqueKeysWithValues: ElementType.allCases.map { ($0.rawValue, $0) })

    /// The `__metadata__`: an object of strings, or null.
    mutating func metadata() throws(CheckpointError) -> [String: String] {
        let start = position
        switch try kind() {
        case .null: return [:]
        case .object: break
        default: throw failure("__metadata__ is not an object of strings", at: start)
        }
        var metadata: [String: String] = [:]
        try open()
        while let key = try nextKey() {
            let place = keyOffset
            guard try kind() == .string else {
                throw failure("__metadata__ \"\(key.printable)\" is not a string", at: place)
            }
            guard metadata.updateValue(try string(), forKey: key) == nil else {
                throw repeated(key, at: place)
            }
        }
        return metadata
    }

    /// The entry of one tensor.
    mutating func record(
        of name: String, dataByteCount: Int
    ) throws(CheckpointError) -> SafetensorsHeader.Record {
        let start = keyOffset
        func fault(_ what: String) -> CheckpointError {
            failure("tensor \"\(name.printable)\": \(what)", at: start)
        }
        var type: ElementType?
        var shape: [Int]?
        var offsets: [Int]?
        var ignored: Set<String> = []
        guard try kind() == .object else { throw fault("its entry is not an object") }
        try open()
        while let field = try nextKey() {
            let isNew: Bool
            switch field {
            case "dtype":
                isNew = type == nil
                guard try kind() == .string else { throw fault("its dtype is not a string") }
                let spelling = try string()
                guard let known = Self.elementTypes[spelling] else {
                    throw fault("unknown dtype \"\(spelling.printable)\"")
                }
                type = known
            case "shape":
                isNew = shape == nil
                shape = try sizes()
                guard shape != nil else { throw fault("its shape is not an array of sizes") }
            case "data_offsets":
                isNew = offsets == nil
                offsets = try sizes()
                guard offsets != nil else {
                    throw fault("its data_offsets are not an array of sizes")
                }
            default:
                isNew = ignored.insert(field).inserted
                try skipValue()
            }
            guard isNew else { throw fault("\"\(field.printable)\" comes twice") }
        }
        guard let type else { throw fault("no dtype") }
        guard let shape else { throw fault("no shape") }
        guard let offsets else { throw fault("no data_offsets") }
        guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataByteCount else {
            throw fault(
                "data_offsets \(offsets.prefix(4)), wanted [begin, end] with begin <= end <= \(dataByteCount)"
            )
        }
        guard let byteCount = Self.byteCount(type, shape) else {
            throw fault("\(type.rawValue) \(shape.prefix(8)) is too large, or does not fill bytes")
        }
        guard byteCount == offsets[1] - offsets[0] else {
            throw fault(
                "\(type.rawValue) \(shape.prefix(8)) takes \(byteCount) bytes, data_offsets give it \(offsets[1] - offsets[0])"
            )
        }
        return SafetensorsHeader.Record(
            name: name, type: type, shape: shape, offset: offsets[0], byteCount: byteCount)
    }

    /// An array of non-negative integers, or nil if the next value is none.
    private mutating func sizes() throws(CheckpointError) -> [Int]? {
        guard try kind() == .array else { return nil }
        var sizes: [Int] = []
        try open()
        while try nextElement() {
            guard try kind() == .number, case .integer(let integer) = try number(),
                !integer.isNegative, let size = integer.int
            else { return nil }
            sizes.append(size)
        }
        return sizes
    }

    /// The bytes of a tensor, or nil where it is too large or does not fill bytes.
    ///
    /// Dimensions of 0 are left out of the check for overflow, so that no order of multiplying can
    /// overflow later.
    private static func byteCount(_ type: ElementType, _ shape: [Int]) -> Int? {
        var nonzero = type.bitWidth
        var hasZero = false
        for dimension in shape where dimension != 1 {
            if dimension == 0 {
                hasZero = true
                continue
            }
            let (product, overflow) = nonzero.multipliedReportingOverflow(by: dimension)
            guard dimension <= dimensionLimit, !overflow else { return nil }
            nonzero = product
        }
        if hasZero { return 0 }
        return nonzero % 8 == 0 ? nonzero / 8 : nil
    }
}
