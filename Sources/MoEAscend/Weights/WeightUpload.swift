internal import MoE

/// Brings experts' matrices and scales to the device, in the layout that the options ask for.
struct WeightUpload {
    typealias Experts = [Expert<QuantizedMatrix>]
    private let session: DeviceSession

    /// Brings experts to a device.
    init(_ session: DeviceSession) {
        self.session = session
    }

    /// The bytes that experts take.
    static func byteCount(of shape: ExpertShape, _ options: AscendOptions) -> Int {
        let experts = shape.expertCount, hidden = shape.hiddenSize, width = shape.expertWidth
        // Blocked matrices are of the same size: their axes are multiples of the blocks'.
        return experts
            * (3 * width * hidden + 2 * width * DeviceElement.float32.size
                + hidden * options.downScaleType.size)
    }

    /// The bytes that smooth factors take; 0 where no expert has any.
    static func smoothByteCount(of experts: Experts, _ shape: ExpertShape) -> Int {
        guard experts.contains(where: { $0.smooth != nil }) else { return 0 }
        return experts.count * shape.expertWidth * DeviceElement.float32.size
    }

    /// The smooth factors of all experts, `[E, H]` float32; 1 for an expert without.
    ///
    /// - Parameters:
    ///   - experts: the experts.
    ///   - width: H.
    /// - Returns: their memory.
    /// - Throws: `memory` if they do not fit, what a call reports.
    func smoothFactors(_ experts: Experts, width: Int) throws(AscendError) -> DeviceBuffer {
        let bytes = width * DeviceElement.float32.size
        let memory = try DeviceBuffer(
            byteCount: experts.count * bytes, for: "smooth factors", session.library)
        for (index, expert) in experts.enumerated() {
            try session.write(
                expert.smooth ?? Array(repeating: 1, count: width),
                to: memory.address + index * bytes)
        }
        return memory
    }

    /// One matrix of every expert, as operators see them: `[E, K, N]`.
    ///
    /// - Parameters:
    ///   - experts: the experts.
    ///   - matrix: which matrix, `[N, K]`.
    ///   - size: K and N.
    ///   - purpose: what they are, as an error says it.
    /// - Returns: the matrices on the device.
    /// - Throws: `memory` if they do not fit, what a call reports.
    func matrices(
        _ experts: Experts, _ matrix: KeyPath<Expert<QuantizedMatrix>, Matrix<Int8>>, _ size: [Int],
        _ purpose: String
    ) throws(AscendError) -> OwnedList {
        try matrices(experts.map { $0[keyPath: matrix] }, size, purpose)
    }

    /// Matrices, `[N, K]` each, as operators see them: `[E, K, N]`.
    func matrices(
        _ matrices: [Matrix<Int8>], _ size: [Int], _ purpose: String
    ) throws(AscendError) -> OwnedList {
        let library = session.library, bytes = size[0] * size[1]
        let memory = try DeviceBuffer(
            byteCount: matrices.count * bytes, for: purpose, library)
        for (index, matrix) in matrices.enumerated() {
            try session.write(laidOut(matrix), to: memory.address + index * bytes)
        }
        let tensor = try DeviceTensor(
            .int8, [matrices.count] + size, at: memory.address,
            layout: session.options.weightLayout, library)
        return OwnedList(try TensorList(tensor, library), memory: memory)
    }

    /// One row of scales of every expert, `[E, N]`.
    ///
    /// - Parameters:
    ///   - experts: the experts.
    ///   - scale: which scales, `[N]`.
    ///   - columns: N.
    ///   - element: float32, or bfloat16, for which they are rounded.
    ///   - purpose: what they are, as an error says it.
    /// - Returns: the scales on the device.
    /// - Throws: `memory` if they do not fit, what a call reports.
    func scales(
        _ experts: Experts, _ scale: KeyPath<Expert<QuantizedMatrix>, [Float]>, columns: Int,
        as element: DeviceElement, _ purpose: String
    ) throws(AscendError) -> ScaleTable {
        let bytes = columns * element.size
        let memory = try DeviceBuffer(
            byteCount: experts.count * bytes, for: purpose, session.library)
        for (index, expert) in experts.enumerated() {
            let row = memory.address + index * bytes, scale = expert[keyPath: scale]
            if element == .bfloat16 {
                try session.write(scale.map(BFloat16.init(rounding:)), to: row)
            } else {
                try session.write(scale, to: row)
            }
        }
        let tensor = try DeviceTensor(
            element, [experts.count, columns], at: memory.address, session.library)
        return ScaleTable(tensor: tensor, memory: memory)
    }

    /// Scales on the device, and their memory.
    struct ScaleTable: ~Copyable {
        let tensor: DeviceTensor
        let memory: DeviceBuffer
    }

    /// The elements of a matrix in the order of the device's memory.
    private func laidOut(_ matrix: Matrix<Int8>) -> [Int8] {
        guard session.options.weightFormat == .nz else { return matrix.elements }
        let layout = FractalLayout(depth: matrix.columns, columns: matrix.rows)
        return [Int8](count: layout.byteCount) { blocks in
            matrix.elements.withUnsafeBufferPointer { weights in
                guard let weights = weights.baseAddress else { return }
                layout.convert(weights, into: blocks)
            }
        }
    }
}
