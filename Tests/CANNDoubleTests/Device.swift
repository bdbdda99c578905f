import CANN
import CANNDoubleSupport
import Foundation
import Synchronization
import Testing

/// A device of the double that one test has for itself, and what tests do with it.
///
/// Everything happens on the test's thread, as CANN wants it.
final class Device {
    static let double = Result { try CANNInstallation().double }
    private static let next = Atomic<Int32>(0)

    let double: CANNDouble
    let number: Int32
    let stream: UnsafeMutableRawPointer

    /// Opens a device, with a stream.
    ///
    /// - Parameter own: the double; nil for the one that most tests share.
    /// - Throws: what stands in the way.
    init(of own: CANNDouble? = nil) throws {
        double = try own ?? Self.double.get()
        number = own == nil ? Self.next.add(1, ordering: .relaxed).oldValue : 0
        if own == nil { double.setDeviceCount(1000) }
        let initialize = try double.function("aclInit", cann_aclInit.self)
        try Self.once.withLock { initialized in
            if own != nil || !initialized { try #require(initialize(nil) == 0) }
            if own == nil { initialized = true }
        }
        let set = try double.function("aclrtSetDevice", cann_aclrtSetDevice.self)
        try #require(set(number) == 0)
        var made: UnsafeMutableRawPointer?
        let create = try double.function("aclrtCreateStream", cann_aclrtCreateStream.self)
        try #require(create(&made) == 0)
        stream = try #require(made)
    }

    private static let once = Mutex(false)

    /// The rules that were broken, in order.
    var rules: [String] { double.violations(on: number).map { String($0.prefix(3)) } }
    var refusals: [String] { double.refusals(on: number) }

    func function<Function>(_ name: String, _ type: Function.Type) throws -> Function {
        try double.function(name, type)
    }

    /// Memory that nobody has written.
    func block(_ bytes: Int) throws -> UnsafeMutableRawPointer {
        var made: UnsafeMutableRawPointer?
        let status = try function("aclrtMalloc", cann_aclrtMalloc.self)(&made, bytes, 0)
        try #require(status == 0)
        return try #require(made)
    }

    func upload<Value>(_ values: [Value]) throws -> UnsafeMutableRawPointer {
        let bytes = values.count * MemoryLayout<Value>.stride
        let made = try block(max(bytes, 1))
        try #require(copy(values, to: made) == 0)
        return made
    }

    func copy<Value>(_ values: [Value], to block: UnsafeMutableRawPointer) throws -> Int32 {
        let copy = try function("aclrtMemcpy", cann_aclrtMemcpy.self)
        return values.withUnsafeBytes { copy(block, $0.count, $0.baseAddress, $0.count, 1) }
    }

    func download<Value: AdditiveArithmetic>(
        _ block: UnsafeMutableRawPointer, _ count: Int, as type: Value.Type = Value.self
    ) throws -> [Value] {
        var values = [Value](repeating: .zero, count: count)
        let copy = try function("aclrtMemcpy", cann_aclrtMemcpy.self)
        let status = values.withUnsafeMutableBytes {
            copy($0.baseAddress, $0.count, block, $0.count, 2)
        }
        try #require(status == 0)
        return values
    }

    func free(_ block: UnsafeMutableRawPointer) throws -> Int32 {
        try function("aclrtFree", cann_aclrtFree.self)(block)
    }

    func synchronize() throws -> Int32 {
        try function("aclrtSynchronizeStream", cann_aclrtSynchronizeStream.self)(stream)
    }

    func reset() throws -> Int32 {
        try function("aclrtResetDevice", cann_aclrtResetDevice.self)(number)
    }

    var message: String? {
        get throws {
            let text = try function("aclGetRecentErrMsg", cann_aclGetRecentErrMsg.self)()
            return text.map { String(cString: $0) }
        }
    }
}
