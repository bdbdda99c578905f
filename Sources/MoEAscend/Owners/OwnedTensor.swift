/// A tensor that stages share, and the memory behind it where it has its own.
final class OwnedTensor {
    private let tensor: DeviceTensor
    private let memory: DeviceBuffer?

    /// A tensor in memory of its own, or in memory that outlives it.
    init(_ tensor: consuming DeviceTensor, memory: consuming DeviceBuffer? = nil) {
        self.tensor = tensor
        self.memory = memory
    }

    /// What operators know the tensor by; valid as long as this object.
    var handle: OpaquePointer { tensor.handle }
}

/// A list of one tensor that stages share, and the memory behind it.
final class OwnedList {
    private let list: TensorList
    private let memory: DeviceBuffer

    /// A list whose tensor is in memory of its own.
    init(_ list: consuming TensorList, memory: consuming DeviceBuffer) {
        self.list = list
        self.memory = memory
    }

    /// What operators know the list by; valid as long as this object.
    var handle: OpaquePointer { list.handle }
}
