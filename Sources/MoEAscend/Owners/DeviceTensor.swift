internal import CANN

/// CANN's description of a tensor at an address on the device, destroyed exactly once.
///
/// Owns the description, not the memory. Executors keep pointers into it, so it must outlive them.
struct DeviceTensor: ~Copyable {
    let handle: OpaquePointer
    private let destroy: cann_aclDestroyTensor

    /// How a tensor's elements lie in memory.
    enum Layout {
        /// Row-major.
        case contiguous
        /// `[E, K, N]` over memory that holds `[E, N, K]` row-major.
        case transposed
        /// `[E, K, N]` over memory that holds blocks of 16 × 32; see ``FractalLayout``.
        case fractalNZ
    }

    /// Describes a tensor.
    ///
    /// - Parameters:
    ///   - element: the type of its elements.
    ///   - shape: its dimensions, as operators see them.
    ///   - address: its first byte on the device, aligned to at least 32.
    ///   - layout: how the elements lie there.
    ///   - library: CANN.
    /// - Throws: `call` if CANN makes none.
    init(
        _ element: DeviceElement, _ shape: [Int], at address: UnsafeMutableRawPointer,
        layout: Layout = .contiguous, _ library: CANNLibrary
    ) throws(AscendError) {
        let view = Self.view(shape, layout)
        let dimensions = shape.map(Int64.init), strides = view.strides.map(Int64.init)
        let storage = view.storage.map(Int64.init)
        let format = layout == .fractalNZ ? CANN_ACL_FORMAT_FRACTAL_NZ : CANN_ACL_FORMAT_ND
        guard
            let handle = library.meta.createTensor(
                dimensions, UInt64(dimensions.count), element.code, strides, 0, Int32(format),
                storage, UInt64(storage.count), address)
        else { throw library.failure("aclCreateTensor", " of \(element) \(shape)") }
        self.handle = handle
        destroy = library.meta.destroyTensor
    }

    deinit {
        _ = destroy(handle)
    }

    /// Gives the description up to a list, which destroys it.
    consuming func release() {
        discard self
    }

    /// Strides in elements, and the dimensions of the memory.
    static func view(_ shape: [Int], _ layout: Layout) -> (strides: [Int], storage: [Int]) {
        switch layout {
        case .contiguous: (contiguousStrides(of: shape), shape)
        case .transposed:
            ([shape[1] * shape[2], 1, shape[1]], [shape[0], shape[2], shape[1]])
        case .fractalNZ:
            (
                contiguousStrides(of: shape),
                FractalLayout(depth: shape[1], columns: shape[2]).storage(matrices: shape[0])
            )
        }
    }

    private static func contiguousStrides(of shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for index in shape.indices.dropLast().reversed() {
            strides[index] = strides[index + 1] * shape[index + 1]
        }
        return strides
    }
}
