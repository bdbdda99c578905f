import CANN
import CANNDoubleSupport
import Testing

extension Device {
    func makeStream() throws -> UnsafeMutableRawPointer {
        var made: UnsafeMutableRawPointer?
        try #require(try function("aclrtCreateStream", cann_aclrtCreateStream.self)(&made) == 0)
        return try #require(made)
    }

    func destroyStream(_ stream: UnsafeMutableRawPointer) throws -> Int32 {
        try function("aclrtDestroyStream", cann_aclrtDestroyStream.self)(stream)
    }

    func copyAsync(
        _ to: UnsafeMutableRawPointer?, _ from: UnsafeRawPointer?, _ count: Int, _ kind: Int32,
        on stream: UnsafeMutableRawPointer? = nil
    ) throws -> Int32 {
        try function("aclrtMemcpyAsync", cann_aclrtMemcpyAsync.self)(
            to, count, from, count, kind, stream ?? self.stream)
    }

    func pinned(_ bytes: Int) throws -> UnsafeMutableRawPointer {
        var made: UnsafeMutableRawPointer?
        try #require(try function("aclrtMallocHost", cann_aclrtMallocHost.self)(&made, bytes) == 0)
        return try #require(made)
    }

    typealias OnePointer = @convention(c) (UnsafeMutableRawPointer?) -> Int32
    typealias TwoPointers =
        @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32
    typealias Place = @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Int32

    func makeEvent() throws -> UnsafeMutableRawPointer {
        var made: UnsafeMutableRawPointer?
        try #require(try function("aclrtCreateEvent", Place.self)(&made) == 0)
        return try #require(made)
    }
}
