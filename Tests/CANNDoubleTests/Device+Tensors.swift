import CANN
import CANNDoubleSupport
import Testing

/// Element types by the numbers that CANN gives them.
enum Element: Int32 {
    case float = 0
    case float16 = 1
    case int8 = 2
    case int32 = 3
    case int64 = 9
    case bool = 12
    case bf16 = 27
}

extension Device {
    /// A tensor, contiguous unless strides say otherwise; nil if CANN makes none.
    func makeTensor(
        _ dims: [Int64], _ element: Element, _ data: UnsafeMutableRawPointer?,
        strides: [Int64]? = nil, storage: [Int64]? = nil, offset: Int64 = 0, format: Int = 2
    ) throws -> OpaquePointer? {
        let create = try function("aclCreateTensor", cann_aclCreateTensor.self)
        let storage = storage ?? dims
        return create(
            dims, UInt64(dims.count), element.rawValue, strides, offset, Int32(format), storage,
            UInt64(storage.count), data)
    }

    func tensor(
        _ dims: [Int64], _ element: Element, _ data: UnsafeMutableRawPointer?,
        strides: [Int64]? = nil, storage: [Int64]? = nil, format: Int = 2
    ) throws -> OpaquePointer {
        try #require(
            try makeTensor(dims, element, data, strides: strides, storage: storage, format: format))
    }

    /// A tensor of new memory that nobody has written.
    func output(_ dims: [Int64], _ element: Element) throws -> Output {
        let width: Int64 =
            switch element {
            case .int8, .bool: 1
            case .float16, .bf16: 2
            case .float, .int32: 4
            case .int64: 8
            }
        let memory = try block(Int(max(dims.reduce(1, *) * width, 1)))
        return Output(tensor: try tensor(dims, element, memory), memory: memory)
    }

    /// A tensor of new memory with values.
    func input<Value>(
        _ dims: [Int64], _ element: Element, _ values: [Value], strides: [Int64]? = nil,
        storage: [Int64]? = nil, format: Int = 2
    ) throws -> OpaquePointer {
        try tensor(
            dims, element, upload(values), strides: strides, storage: storage, format: format)
    }

    func makeList(_ tensors: [OpaquePointer?]) throws -> OpaquePointer? {
        try function("aclCreateTensorList", cann_aclCreateTensorList.self)(
            tensors, UInt64(tensors.count))
    }

    func list(_ tensor: OpaquePointer) throws -> OpaquePointer {
        let list = try makeList([tensor])
        return try #require(list)
    }

    func destroy(_ tensor: OpaquePointer?) throws -> Int32 {
        try function("aclDestroyTensor", cann_aclDestroyTensor.self)(tensor)
    }

    func destroyList(_ list: OpaquePointer?) throws -> Int32 {
        try function("aclDestroyTensorList", cann_aclDestroyTensorList.self)(list)
    }

    func array(_ values: [Int64]) throws -> OpaquePointer {
        let create = try function("aclCreateIntArray", cann_aclCreateIntArray.self)
        return try #require(create(values, UInt64(values.count)))
    }
}

/// A tensor that a kernel writes, and its memory.
struct Output {
    let tensor: OpaquePointer
    let memory: UnsafeMutableRawPointer
}
