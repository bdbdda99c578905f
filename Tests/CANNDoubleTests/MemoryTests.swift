import CANN
import CANNDoubleSupport
import Foundation
import Testing

@Suite("Device memory of the double")
struct MemoryTests {
    let device: Device

    init() throws { device = try Device() }

    @Test("faults when the host touches it")
    func fault() throws {
        let memory = try device.upload([Int32(7)])
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        defer { pipe.forEach { close($0) } }

        // The kernel refuses to read it on our behalf, where reading it ourselves would end us.
        #expect(write(pipe[1], memory, 4) == -1 && errno == EFAULT)
        #expect(try device.download(memory, 1, as: Int32.self) == [7] && device.rules == [])
    }

    @Test("is full of something until it is written, and reading it before is a violation")
    func poison() throws {
        let memory = try device.block(4)
        #expect(device.double.peek(memory, bytes: 4) == [0xA5, 0xA5, 0xA5, 0xA5])
        #expect(try device.download(memory, 4, as: UInt8.self) == [0xA5, 0xA5, 0xA5, 0xA5])
        #expect(device.rules == ["U02"])
    }

    @Test("is aligned to 512 bytes, and its addresses are not used again")
    func addresses() throws {
        let first = try device.block(1)
        #expect(try device.free(first) == 0)
        let second = try device.block(1)
        #expect(UInt(bitPattern: first) % 512 == 0 && UInt(bitPattern: second) % 512 == 0)
        #expect(first != second && device.rules == [])
    }

    @Test("of no bytes, or with no place for its address, is refused")
    func nothing() throws {
        let malloc = try device.function("aclrtMalloc", cann_aclrtMalloc.self)
        var memory: UnsafeMutableRawPointer?
        #expect(malloc(&memory, 0, 0) == 100000 && memory == nil)
        #expect(try device.message?.contains("aclrtMalloc: size is 0") == true)
        #expect(malloc(nil, 1, 0) == 100000)
        #expect(device.rules == ["R05", "R05"])
    }

    @Test("is freed once, at its start, on its own device")
    func free() throws {
        let memory = try device.block(64)
        #expect(try device.free(memory + 32) == 107000)
        let other = try Device()
        #expect(try other.free(memory) == 107000 && other.rules == ["R05"])

        let again = try device.function("aclrtSetDevice", cann_aclrtSetDevice.self)
        try #require(again(device.number) == 0)
        #expect(try device.free(memory) == 0)
        #expect(try device.free(memory) == 107000)
        #expect(device.rules == ["R05", "R05"])
        #expect(device.double.live(.deviceBlocks, on: device.number) == 0)
    }

    @Test("has a size; what does not fit is refused and nothing else")
    func limit() throws {
        device.double.setMemory(1000, on: device.number)
        let first = try device.block(500)
        let malloc = try device.function("aclrtMalloc", cann_aclrtMalloc.self)
        var memory: UnsafeMutableRawPointer?
        #expect(malloc(&memory, 500, 0) == 207001)
        #expect(try device.message?.contains("456 of 1000 free") == true)

        var free = 0, total = 0
        let information = try device.function("aclrtGetMemInfo", cann_aclrtGetMemInfo.self)
        #expect(information(1, &free, &total) == 0 && free == 456 && total == 1000)
        #expect(try device.free(first) == 0 && malloc(&memory, 900, 0) == 0)
        #expect(device.rules == [] && device.refusals == [])
    }

    @Test(
        "is copied within its bounds, and never mistaken for the host's",
        arguments: [
            ("too much for the capacity", 8, 16, 1), ("beyond the block", 32, 32, 1),
            ("the host's memory as a device's", 8, 8, 3), ("a device's as the host's", 8, 8, 0),
        ])
    func copies(what: String, capacity: Int, count: Int, kind: Int32) throws {
        let memory = try device.block(16)
        let copy = try device.function("aclrtMemcpy", cann_aclrtMemcpy.self)
        let source = [UInt8](repeating: 1, count: 64)
        #expect(copy(memory, capacity, source, count, kind) != 0, "\(what)")
        #expect(device.rules == ["R07"])
    }

    @Test("is filled within its bounds")
    func fill() throws {
        let memory = try device.block(4)
        let fill = try device.function("aclrtMemset", cann_aclrtMemset.self)
        #expect(fill(memory, 4, 3, 4) == 0)
        #expect(try device.download(memory, 4, as: Int8.self) == [3, 3, 3, 3])
        #expect(fill(memory, 8, 3, 4) == 107000 && fill(memory, 4, 3, 8) == 100000)
        #expect(device.rules == ["R07", "R07"])
    }

    @Test("pinned on the host is the host's, and freed by its own function")
    func pinned() throws {
        let allocate = try device.function("aclrtMallocHost", cann_aclrtMallocHost.self)
        let release = try device.function("aclrtFreeHost", cann_aclrtFreeHost.self)
        var memory: UnsafeMutableRawPointer?
        try #require(allocate(&memory, 8) == 0)
        let pinned = try #require(memory)
        pinned.storeBytes(of: 42, as: Int64.self)
        #expect(try device.free(pinned) == 107000)
        #expect(device.double.live(.pinnedBlocks, on: device.number) == 1)
        #expect(release(pinned) == 0 && release(pinned) == 107000)
        #expect(device.rules == ["R05", "R05"])
    }
}
