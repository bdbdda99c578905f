import MoE
import MoECheckpoint

/// A safetensors file that a command reads its tensors from, by name and type.
struct TensorFile {
    private let file: SafetensorsFile

    init(_ path: String) throws {
        file = try SafetensorsFile(opening: path)
    }

    /// All tensors.
    func all() throws -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for name in file.names { tensors[name] = try file.tensor(name) }
        return tensors
    }

    /// A tensor of a wanted rank, `wanted` saying its shape in words.
    func tensor(_ name: String, rank: Int, wanted: String) throws -> Tensor {
        guard let entry = file.entry(name) else {
            throw CheckpointError(
                .tensor, "\(file.path): no tensor \"\(name)\"; there are: \(names)")
        }
        guard entry.shape.count == rank else {
            throw CheckpointError(
                .tensor, "\(file.path): \(name): shape \(entry.shape), wanted \(wanted)")
        }
        return try file.tensor(name)
    }

    /// The elements of a tensor, or an error that names its type and the wanted one.
    func elements<Element: TensorElement>(
        _ name: String, of tensor: Tensor, as type: Element.Type
    ) throws -> [Element] {
        guard let elements = tensor.elements(as: type) else {
            throw wrongType(name, tensor, wanted: Element.elementType.rawValue)
        }
        return elements
    }

    /// An F32, F16 or BF16 matrix, widened.
    func floatMatrix(_ name: String, wanted: String) throws -> Matrix<Float> {
        let tensor = try tensor(name, rank: 2, wanted: wanted)
        guard let elements = tensor.floats() else {
            throw wrongType(name, tensor, wanted: "F32, F16 or BF16")
        }
        return try Matrix(rows: tensor.shape[0], columns: tensor.shape[1], elements: elements)
    }

    /// An I32 vector, or an I64 one whose integers fit 32 bits.
    func integers(_ name: String, wanted: String) throws -> [Int32] {
        let tensor = try tensor(name, rank: 1, wanted: wanted)
        if let elements = tensor.elements(as: Int32.self) { return elements }
        guard let wide = tensor.elements(as: Int64.self) else {
            throw wrongType(name, tensor, wanted: "I32 or I64")
        }
        return try wide.map { value in
            guard let narrow = Int32(exactly: value) else {
                throw CheckpointError(
                    .tensor, "\(file.path): \(name): \(value) is beyond 32 bits")
            }
            return narrow
        }
    }

    private func wrongType(_ name: String, _ tensor: Tensor, wanted: String) -> CheckpointError {
        CheckpointError(
            .tensor, "\(file.path): \(name): type \(tensor.type.rawValue), wanted \(wanted)")
    }

    /// The first few names, for an error.
    private var names: String {
        let names = file.names.sorted()
        let shown = names.prefix(8).joined(separator: ", ")
        return names.isEmpty ? "none" : names.count > 8 ? shown + ", …" : shown
    }
}

extension Tensor {
    /// A matrix as a tensor of its rows and columns.
    init<Element: TensorElement>(_ matrix: Matrix<Element>) throws {
        try self.init(matrix.elements, shape: [matrix.rows, matrix.columns])
    }
}
