/// A tensor whose element type and rank are known only at run time, as files hold it.
///
/// The typed parts of the library never take one: what comes through a file's door is read into
/// `[Float]`, `Matrix` and the like by the accessors here, which is where its type is checked.
public struct Tensor: Sendable, Equatable {
    /// The type of the elements.
    public let type: ElementType
    /// The dimensions, slowest first; empty for a scalar.
    public let shape: [Int]
    /// The elements, row-major and little-endian.
    public let bytes: [UInt8]

    /// A tensor of given bytes.
    ///
    /// - Parameters:
    ///   - type: the type of the elements.
    ///   - shape: the dimensions, slowest first.
    ///   - bytes: the elements, row-major and little-endian.
    /// - Throws: `shape` if the bytes are not what type and shape ask for.
    public init(type: ElementType, shape: [Int], bytes: [UInt8]) throws(MoEError) {
        guard let size = Tensor.byteCount(type: type, shape: shape), size == bytes.count else {
            throw MoEError(
                .shape,
                "tensor: \(bytes.count) bytes cannot hold \(type.rawValue) \(shape)")
        }
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// A tensor of native values.
    ///
    /// - Parameters:
    ///   - elements: the elements, row-major.
    ///   - shape: the dimensions, slowest first.
    /// - Throws: `shape` if there are not as many elements as the shape asks for.
    public init<Element: TensorElement>(_ elements: [Element], shape: [Int]) throws(MoEError) {
        try self.init(
            type: Element.elementType, shape: shape,
            bytes: elements.withUnsafeBytes { Array($0) })
    }

    /// How many elements the tensor has.
    public var count: Int { shape.reduce(1, *) }

    /// The bytes a tensor takes, or nil where the product overflows or does not fill bytes.
    public static func byteCount(type: ElementType, shape: [Int]) -> Int? {
        var bits = type.bitWidth
        for dimension in shape {
            let (product, overflow) = bits.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            bits = product
        }
        return bits % 8 == 0 ? bits / 8 : nil
    }

    /// The elements as `Element`, or nil if the tensor is of another type.
    public func elements<Element: TensorElement>(as type: Element.Type = Element.self) -> [Element]?
    {
        guard self.type == Element.elementType else { return nil }
        return [Element](count: count) { elements in
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(start: elements, count: $0.count).copyMemory(from: $0)
            }
        }
    }

    /// The elements of an F32, F16 or BF16 tensor, widened exactly; nil for any other type.
    public func floats() -> [Float]? {
        switch type {
        case .f32: elements(as: Float.self)
        case .f16: elements(as: Half.self)?.map(\.widened)
        case .bf16: elements(as: BFloat16.self)?.map(\.widened)
        default: nil
        }
    }
}

/// A Swift type that a tensor's elements can be read as.
public protocol TensorElement: BitwiseCopyable {
    /// The element type it stands for.
    static var elementType: ElementType { get }
}

extension Int8: TensorElement {
    /// Signed 8-bit integers.
    public static var elementType: ElementType { .i8 }
}
extension UInt8: TensorElement {
    /// Unsigned 8-bit integers.
    public static var elementType: ElementType { .u8 }
}
extension Int32: TensorElement {
    /// Signed 32-bit integers.
    public static var elementType: ElementType { .i32 }
}
extension Int64: TensorElement {
    /// Signed 64-bit integers.
    public static var elementType: ElementType { .i64 }
}
extension Float: TensorElement {
    /// IEEE binary32.
    public static var elementType: ElementType { .f32 }
}
extension Half: TensorElement {
    /// IEEE binary16.
    public static var elementType: ElementType { .f16 }
}
extension BFloat16: TensorElement {
    /// bfloat16.
    public static var elementType: ElementType { .bf16 }
}
