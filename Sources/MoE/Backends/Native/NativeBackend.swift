/// The library's own kernels: packed int8 weights, whole passes with intermediates in cache.
///
/// It has none for float experts, which are another backend's.
package struct NativeBackend: ExpertBackend {
    package var name: String { BackendName.native.rawValue }
    private let kernel: GemmKernel

    /// The backend with the kernels of one instruction set.
    package init(kernel: GemmKernel = .chosen) {
        self.kernel = kernel
    }

    package func check(
        _ experts: borrowing ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) {
        guard case .int8 = copy experts else { throw Self.refusal }
    }

    package func prepare(
        _ experts: consuming ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) -> PreparedExperts {
        switch consume experts {
        case .int8(let experts):
            let smooth = SmoothFactors(experts, width: shape.expertWidth)
            return .pass(
                NativeExperts(
                    packed: try PackedExperts(
                        packing: experts, shape: shape, isGated: activation.isGated,
                        kernel: kernel, threads: WorkerPool.processorCount),
                    activation: activation, smooth: smooth))
        case .float:
            throw Self.refusal
        }
    }

    private static var refusal: MoEError {
        MoEError(.unsupported, "backend native: float experts, wanted int8 experts")
    }

    package func groupedMatmul(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex, threads: Int
    ) throws(MoEError) -> Matrix<Int32> {
        NativeGroupedMatmul(x, weights, groups: groups, kernel: kernel).product(threads: threads)
    }
}
