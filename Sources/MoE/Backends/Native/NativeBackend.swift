/// The library's own kernels: packed int8 weights, whole passes with intermediates in cache.
///
/// Float experts, and activations that are not the operator's, have no kernels of their own and go
/// through another backend.
package struct NativeBackend: ExpertBackend {
    package var name: String { BackendName.native.rawValue }
    private let kernel: GemmKernel
    private let floatExperts: any ExpertBackend

    /// The backend with the kernels of one instruction set.
    package init(kernel: GemmKernel = .chosen, floatExperts: any ExpertBackend) {
        self.kernel = kernel
        self.floatExperts = floatExperts
    }

    package func prepare(
        _ experts: consuming ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) -> PreparedExperts {
        guard let mode = activation.operatorMode else {
            return try floatExperts.prepare(experts, shape: shape, activation: activation)
        }
        switch consume experts {
        case .int8(let experts):
            let smooth = SmoothFactors(experts, width: shape.expertWidth)
            return .pass(
                NativeExperts(
                    packed: try PackedExperts(
                        packing: experts, shape: shape, kernel: kernel,
                        threads: WorkerPool.processorCount),
                    activation: mode, smooth: smooth))
        case .float(let experts):
            return try floatExperts.prepare(.float(experts), shape: shape, activation: activation)
        }
    }

    package func groupedMatmul(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex, threads: Int
    ) throws(MoEError) -> Matrix<Int32> {
        NativeGroupedMatmul(x, weights, groups: groups, kernel: kernel).product(threads: threads)
    }
}
