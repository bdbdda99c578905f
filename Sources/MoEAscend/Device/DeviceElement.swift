internal import CANN

/// The element types of tensors on the device.
enum DeviceElement {
    case int8, int32, int64, float32, bfloat16, float16

    /// CANN's number of the type.
    var code: Int32 {
        switch self {
        case .int8: Int32(CANN_ACL_INT8)
        case .int32: Int32(CANN_ACL_INT32)
        case .int64: Int32(CANN_ACL_INT64)
        case .float32: Int32(CANN_ACL_FLOAT)
        case .bfloat16: Int32(CANN_ACL_BF16)
        case .float16: Int32(CANN_ACL_FLOAT16)
        }
    }

    /// Bytes of an element.
    var size: Int {
        switch self {
        case .int8: 1
        case .bfloat16, .float16: 2
        case .int32, .float32: 4
        case .int64: 8
        }
    }
}
