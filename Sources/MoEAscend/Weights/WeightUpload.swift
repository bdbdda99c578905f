internal import CANN
internal import MoE

/// Copies matrices and scales to the device, in the layout that the options ask for.
struct WeightUpload {
    private let session: DeviceSession
    /// A matrix in blocks, where weights are blocked.
    private var blocks: [Int8] = []

    /// Copies to a device.
    init(_ session: DeviceSession) {
        self.session = session
    }

    /// Copies one expert's matrix, `[N, K]`.
    ///
    /// - Parameters:
    ///   - matrix: the matrix.
    ///   - buffer: the memory of all experts' matrices.
    ///   - index: which of them this is.
    /// - Throws: what the call reports.
    mutating func copy(
        _ matrix: Matrix<Int8>, to buffer: borrowing DeviceBuffer, matrix index: Int
    ) throws(AscendError) {
        let offset = index * matrix.elements.count
        guard session.options.weightFormat == .nz else {
            return try copy(matrix.elements, to: buffer, offset: offset)
        }
        let layout = FractalLayout(depth: matrix.columns, columns: matrix.rows)
        blocks = [Int8](count: layout.byteCount) { blocks in
            matrix.elements.withUnsafeBufferPointer { weights in
                guard let weights = weights.baseAddress else { return }
                layout.convert(weights, into: blocks)
            }
        }
        try copy(blocks, to: buffer, offset: offset)
    }

    /// Copies one expert's scales, `[N]`, in a float type.
    ///
    /// - Parameters:
    ///   - scale: the scales.
    ///   - element: bfloat16, for which they are rounded, or float32.
    ///   - buffer: the memory of all experts' scales.
    ///   - index: which of them these are.
    /// - Throws: what the call reports.
    func copy(
        _ scale: [Float], as element: DeviceElement, to buffer: borrowing DeviceBuffer,
        row index: Int
    ) throws(AscendError) {
        let offset = index * scale.count * element.size
        if element == .bfloat16 {
            try copy(scale.map(BFloat16.init(rounding:)), to: buffer, offset: offset)
        } else {
            try copy(scale, to: buffer, offset: offset)
        }
    }

    private func copy<Element: BitwiseCopyable>(
        _ elements: [Element], to buffer: borrowing DeviceBuffer, offset: Int
    ) throws(AscendError) {
        let address = buffer.address + offset, room = buffer.byteCount - offset
        let status = elements.withUnsafeBytes { bytes in
            bytes.isEmpty
                ? CANN_ACL_SUCCESS
                : Int(
                    session.library.runtime.copy(
                        address, room, bytes.baseAddress, bytes.count,
                        Int32(CANN_ACL_MEMCPY_HOST_TO_DEVICE)))
        }
        try session.library.check(cann_status(status), "aclrtMemcpy", " of weights")
    }
}
