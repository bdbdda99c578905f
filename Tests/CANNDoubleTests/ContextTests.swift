import CANN
import CANNDoubleSupport
import Testing

@Suite("Process, devices and contexts of the double")
struct ContextTests {
    @Test("Nothing works before aclInit, and aclInit works once")
    func initialisation() throws {
        let double = try CANNInstallation().double
        let initialize = try double.function("aclInit", cann_aclInit.self)
        let set = try double.function("aclrtSetDevice", cann_aclrtSetDevice.self)
        #expect(set(0) == 100001)
        #expect(initialize(nil) == 0 && set(0) == 0 && initialize(nil) == 100002)
        #expect(double.violations().map { $0.prefix(3) } == ["R01", "R02"])
    }

    @Test("Whoever finds CANN initialised by others does not finalise it")
    func others() throws {
        let double = try CANNInstallation().double
        let initialize = try double.function("aclInit", cann_aclInit.self)
        typealias Finalize = @convention(c) () -> Int32
        let finalize = try double.function("aclFinalize", Finalize.self)
        double.fail("aclInit", status: 100002)
        #expect(initialize(nil) == 100002)
        #expect(try double.function("aclrtSetDevice", cann_aclrtSetDevice.self)(0) == 0)
        #expect(finalize() == 0)
        #expect(double.violations().map { $0.prefix(3) } == ["R14"])
    }

    @Test("Devices and the chip are what the test says")
    func machine() throws {
        let double = try CANNInstallation().double
        _ = try double.function("aclInit", cann_aclInit.self)(nil)
        double.setDeviceCount(0)
        double.setSoCName("Ascend310P3")
        var count: UInt32 = 9
        let devices = try double.function("aclrtGetDeviceCount", cann_aclrtGetDeviceCount.self)
        let name = try double.function("aclrtGetSocName", cann_aclrtGetSocName.self)
        #expect(devices(&count) == 0 && count == 0)
        #expect(try double.function("aclrtSetDevice", cann_aclrtSetDevice.self)(0) == 107001)
        #expect(name().map { String(cString: $0) } == "Ascend310P3")
        double.setSoCName(nil)
        #expect(name() == nil && double.violations() == [])
    }

    @Test("A thread has the context that it has set, and another thread has none")
    func threads() throws {
        let device = try Device()
        nonisolated(unsafe) var statuses: [Int32] = []
        let malloc = try device.function("aclrtMalloc", cann_aclrtMalloc.self)
        let double = device.double, before = double.violations().count
        onAnotherThread {
            var memory: UnsafeMutableRawPointer?
            statuses.append(malloc(&memory, 1, 0))
        }
        #expect(statuses == [107002])
        #expect(double.violations().dropFirst(before).contains { $0.hasPrefix("R03") })
    }

    @Test("A context of one's own holds streams of its own")
    func contexts() throws {
        let device = try Device()
        let create = try device.function("aclrtCreateContext", cann_aclrtCreateContext.self)
        let destroy = try device.function("aclrtDestroyContext", cann_aclrtDestroyContext.self)
        var context: UnsafeMutableRawPointer?
        #expect(create(&context, device.number) == 0)
        #expect(try device.synchronize() == 107003)
        let stream = try device.makeStream()
        #expect(destroy(context) == 0)
        #expect(device.double.violations(on: device.number).map { $0.prefix(3) } == ["R04", "R11"])
        #expect(try device.destroyStream(stream) == 107002)
    }

    @Test("A device that is given back with things of it left says what is left")
    func leaks() throws {
        let device = try Device()
        _ = try device.quantisation()
        #expect(
            device.double.alive(on: device.number)
                == [
                    .tensors: 3, .executors: 1, .streams: 1, .contexts: 1, .deviceBlocks: 3,
                    .deviceBytes: 20,
                ])
        #expect(try device.reset() == 0)
        let left = device.double.violations(on: device.number).map { $0.prefix(3) }
        #expect(left == ["R11", "P03", "R11", "R11"])
    }

    @Test("A device with nothing left goes quietly")
    func nothingLeft() throws {
        let device = try Device()
        let memory = try device.block(8)
        #expect(try device.free(memory) == 0)
        #expect(try device.destroyStream(device.stream) == 0)
        #expect(try device.reset() == 0 && device.rules == [])
        #expect(device.double.alive(on: device.number) == [:])
    }
}
