import MoE

/// Entries are read from the text into records without a JSON tree between them.
extension JSONScanner {
    /// Larger dimensions no tensor has; the bound keeps products of a few of them representable.
    private static let dimensionLimit = 1 << 48

    /// The types with their spellings, those of weights first.
    private static let elementTypes: [(spelling: [UInt8], type: ElementType)] = {
        let common: [ElementType] = [.bf16, .i8, .f32, .f16, .f8e4m3, .u8]
        return (common + ElementType.allCases).map { (Array($0.rawValue.utf8), $0) }
    }()

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
    mutating func entry(
        of name: ArraySlice<UInt8>, dataByteCount: Int, addingShapeTo dimensions: inout [Int]
    ) throws(CheckpointError) -> SafetensorsHeader.Entry {
        let start = keyOffset
        func fault(_ what: String) -> CheckpointError {
            failure("tensor \"\(name.text.printable)\": \(what)", at: start)
        }
        let firstDimension = dimensions.count
        var type: ElementType?
        var hasShape = false
        var offsets: (begin: Int, end: Int)?
        var ignored: Set<String> = []
        guard try kind() == .object else { throw fault("its entry is not an object") }
        try open()
        while let field = try nextKeyBytes() {
            let isNew: Bool
            if field.elementsEqual("dtype".utf8) {
                isNew = type == nil
                guard try kind() == .string else { throw fault("its dtype is not a string") }
                let spelling = try stringBytes()
                guard let known = Self.elementType(spelling) else {
                    throw fault("unknown dtype \"\(spelling.text.printable)\"")
                }
                type = known
            } else if field.elementsEqual("shape".utf8) {
                isNew = !hasShape
                hasShape = true
                guard try sizes({ dimensions.append($0) }) != nil else {
                    throw fault("its shape is not an array of sizes")
                }
            } else if field.elementsEqual("data_offsets".utf8) {
                isNew = offsets == nil
                var first: Int?, last = 0
                guard
                    let count = try sizes({
                        first = first ?? $0
                        last = $0
                    })
                else { throw fault("its data_offsets are not an array of sizes") }
                guard count == 2, let first else {
                    throw fault("\(count) data_offsets, wanted [begin, end]")
                }
                offsets = (first, last)
            } else {
                isNew = ignored.insert(field.text).inserted
                try skipValue()
            }
            guard isNew else { throw fault("\"\(field.text.printable)\" comes twice") }
        }
        guard let type else { throw fault("no dtype") }
        guard hasShape else { throw fault("no shape") }
        guard let (begin, end) = offsets else { throw fault("no data_offsets") }
        guard begin <= end, end <= dataByteCount else {
            throw fault(
                "data_offsets [\(begin), \(end)], wanted [begin, end] with begin <= end <= \(dataByteCount)"
            )
        }
        let shape = dimensions[firstDimension...]
        guard let byteCount = Self.byteCount(type, shape) else {
            throw fault("\(type.rawValue) \(shape.prefix(8)) is too large, or does not fill bytes")
        }
        guard byteCount == end - begin else {
            throw fault(
                "\(type.rawValue) \(shape.prefix(8)) takes \(byteCount) bytes, data_offsets give it \(end - begin)"
            )
        }
        return SafetensorsHeader.Entry(
            type: type, dimensionsEnd: dimensions.count, offset: begin, byteCount: byteCount)
    }

    /// The type of a spelling.
    private static func elementType(_ spelling: ArraySlice<UInt8>) -> ElementType? {
        elementTypes.first { $0.spelling.elementsEqual(spelling) }?.type
    }

    /// Hands every one of an array of non-negative integers to `body`.
    ///
    /// - Returns: how many there are, or nil if the next value is no such array.
    private mutating func sizes(_ body: (Int) -> Void) throws(CheckpointError) -> Int? {
        guard try kind() == .array else { return nil }
        var count = 0
        try open()
        while try nextElement() {
            guard try kind() == .number, case .integer(let integer) = try number(),
                !integer.isNegative, let size = integer.int
            else { return nil }
            body(size)
            count += 1
        }
        return count
    }

    /// The bytes of a tensor, or nil where it is too large or does not fill bytes.
    ///
    /// Dimensions of 0 are left out of the check for overflow, so that no order of multiplying can
    /// overflow later.
    private static func byteCount(_ type: ElementType, _ shape: ArraySlice<Int>) -> Int? {
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
