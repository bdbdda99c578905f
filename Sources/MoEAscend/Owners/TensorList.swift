internal import CANN

/// A list of one tensor, as the grouped GEMM takes its operands; destroys the tensor with itself.
struct TensorList: ~Copyable {
    let handle: OpaquePointer
    private let destroy: cann_aclDestroyTensorList

    /// A list that takes the tensor over.
    ///
    /// - Parameters:
    ///   - tensor: the tensor.
    ///   - library: CANN.
    /// - Throws: `call` if CANN makes none; the tensor is then destroyed.
    init(_ tensor: consuming DeviceTensor, _ library: CANNLibrary) throws(AscendError) {
        let created = withUnsafePointer(to: Optional(tensor.handle)) {
            library.meta.createTensorList($0, 1)
        }
        guard let created else { throw library.failure("aclCreateTensorList", "") }
        tensor.release()
        handle = created
        destroy = library.meta.destroyTensorList
    }

    deinit {
        _ = destroy(handle)
    }
}
