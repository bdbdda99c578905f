internal import MoE

/// A tensor of I64 or I32 integers, all of which must fit `Int32`.
struct IntegerTable: Sendable {
    private let name: String
    private let entry: TensorEntry

    /// Finds a table and checks its type and shape.
    ///
    /// - Parameters:
    ///   - name: the tensor's full name.
    ///   - shape: what it must be: `[rows, columns]`.
    ///   - source: the checkpoint.
    /// - Throws: `tensor` for a tensor that is missing, or of another type or shape.
    init(name: String, shape: [Int], in source: any TensorSource) throws(CheckpointError) {
        let entry = try source.locate(name)
        guard entry.shape == shape, entry.type == .i64 || entry.type == .i32 else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): \(entry.type.rawValue) \(entry.shape), wanted I64 or I32 "
                    + "\(shape) by the configuration")
        }
        self.name = name
        self.entry = entry
    }

    /// Reads the table.
    ///
    /// - Parameter source: the checkpoint.
    /// - Returns: its integers.
    /// - Throws: `file` if the file cannot give its bytes, `tensor` for an integer out of range.
    func load(from source: any TensorSource) throws(CheckpointError) -> Matrix<Int32> {
        let tensor = try source.tensor(name)
        let integers: [Int32]
        if let narrow = tensor.elements(as: Int32.self) {
            integers = narrow
        } else {
            let wide = tensor.elements(as: Int64.self) ?? []
            integers = wide.compactMap(Int32.init(exactly:))
            guard integers.count == wide.count else {
                throw CheckpointError(
                    .tensor, "\(entry.file): \(name): an integer is beyond 32 bits")
            }
        }
        do {
            return try Matrix(rows: entry.shape[0], columns: entry.shape[1], elements: integers)
        } catch {
            throw CheckpointError(.tensor, "\(entry.file): \(name): \(error.message)")
        }
    }
}
