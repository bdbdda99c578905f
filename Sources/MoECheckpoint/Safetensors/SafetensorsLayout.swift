import MoE

/// The order of a new file's tensors and the header that says so.
struct SafetensorsLayout {
    /// The tensors in the order of their bytes.
    let tensors: [SafetensorsWriter.Declaration]
    /// How many bytes each takes, in that order.
    let byteCounts: [Int]
    /// The header with its length before it, as the file begins.
    let bytes: [UInt8]

    init(
        _ declarations: [SafetensorsWriter.Declaration], metadata: [String: String], file: String
    ) throws(CheckpointError) {
        tensors = declarations.sorted {
            $0.type.bitWidth != $1.type.bitWidth
                ? $0.type.bitWidth > $1.type.bitWidth
                : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        var byteCounts: [Int] = []
        var end = 0
        var writer = JSONWriter(layout: .compact)
        writer.text = "{"
        if !metadata.isEmpty {
            var object = JSONObject()
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                object[key] = .string(value)
            }
            writer.text += "\"__metadata__\":"
            try writer.write(.object(object))
        }
        for tensor in tensors {
            guard let size = Tensor.byteCount(type: tensor.type, shape: tensor.shape),
                case let (sum, overflow) = end.addingReportingOverflow(size), !overflow
            else {
                throw CheckpointError(
                    .format,
                    "\(file): tensor \"\(tensor.name.printable)\": \(tensor.type.rawValue) \(tensor.shape) is too large, or does not fill bytes"
                )
            }
            if writer.text.utf8.count > 1 { writer.text += "," }
            writer.write(tensor.name)
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            writer.text += ":{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
            writer.text += "\"data_offsets\":[\(end),\(sum)]}"
            byteCounts.append(size)
            end = sum
        }
        writer.text += "}"
        var header = Array(writer.text.utf8)
        header.append(contentsOf: repeatElement(0x20, count: -header.count & 7))
        // What we write, we must be able to read: the reader's checks are the writer's.
        _ = try SafetensorsHeader(parsing: header, dataByteCount: end, file: file)
        self.byteCounts = byteCounts
        bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
    }
}
