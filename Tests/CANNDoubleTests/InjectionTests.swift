import CANN
import CANNDoubleSupport
import Testing

@Suite("Failures that a test asks for")
struct InjectionTests {
    /// Everything that a small program calls, in order, until something fails.
    private func program(_ device: Device) throws -> Int32 {
        var status: Int32 = 0
        var memory: UnsafeMutableRawPointer?
        status = try device.function("aclrtMalloc", cann_aclrtMalloc.self)(&memory, 32, 0)
        guard status == 0 else { return status }
        defer { _ = try? device.free(memory ?? device.stream) }
        guard let tensor = try device.makeTensor([4], .int8, memory) else { return -1 }
        defer { _ = try? device.destroy(tensor) }
        return try device.synchronize()
    }

    @Test("hit every call in turn, once, and leave nothing behind")
    func everyCall() throws {
        let device = try Device(), double = device.double, number = device.number
        let before = double.calls(on: number)
        #expect(try program(device) == 0)
        let count = double.calls(on: number) - before
        #expect(count == 5)

        let alive = double.alive(on: number)
        let failures = try (1...count + 1).map { nth in
            double.fail(at: nth, on: number)
            defer { double.stopFailing(on: number) }
            return try program(device)
        }
        // Allocation, tensor, synchronisation; releasing fails unseen and is done all the same.
        #expect(failures == [207001, -1, 507015, 0, 0, 0])
        #expect(double.alive(on: number) == alive && device.rules == [])
    }

    @Test("hit the nth call of a function, as often as wanted, with a status of its own")
    func nth() throws {
        let device = try Device()
        device.double.fail("aclrtMalloc", at: 2, times: 2, status: 207018, on: device.number)
        let malloc = try device.function("aclrtMalloc", cann_aclrtMalloc.self)
        var memory: UnsafeMutableRawPointer?
        let statuses = (0..<4).map { _ in malloc(&memory, 1, 0) }
        #expect(statuses == [0, 207018, 207018, 0])
        #expect(device.refusals == [] && device.rules == [])
    }

    @Test("stay with their device")
    func otherDevice() throws {
        let second = try Device(), first = try Device()
        first.double.fail("aclrtSynchronizeStream", times: 1000, on: first.number)
        #expect(try first.synchronize() != 0)
        let set = try first.function("aclrtSetDevice", cann_aclrtSetDevice.self)
        #expect(set(second.number) == 0)
        #expect(try second.synchronize() == 0)
    }

    @Test("of a synchronisation lose what was to be done; a timeout keeps it")
    func synchronisation() throws {
        let device = try Device(), quantisation = try device.quantisation()
        #expect(try device.launch(quantisation.plan) == 0)
        device.double.fail("aclrtSynchronizeStream", status: 507046, on: device.number)
        #expect(try device.synchronize() == 507046 && device.synchronize() == 0)
        #expect(try device.download(quantisation.y.memory, 4) == Device.quantised)

        let lost = try device.quantisation()
        #expect(try device.launch(lost.plan) == 0)
        device.double.fail("aclrtSynchronizeStream", status: 507015, on: device.number)
        #expect(try device.synchronize() == 507015)
        #expect(try device.free(lost.y.memory) == 0)
        #expect(device.rules == [])
    }

    @Test("have a text that is gone with the next call")
    func message() throws {
        let device = try Device()
        device.double.fail("aclrtSynchronizeStream", on: device.number)
        #expect(try device.synchronize() == 507015)
        #expect(
            try device.message == "EE9999: aclrtSynchronizeStream: a failure that was asked for")
        #expect(try device.synchronize() == 0)
        #expect(try device.message == nil)
    }

    @Test(
        "may have no text, a huge one or one that is not UTF-8",
        arguments: CANNDouble.Message.allCases)
    func messages(message: CANNDouble.Message) throws {
        let device = try Device(of: CANNInstallation().double)
        device.double.setMessage(message)
        device.double.fail("aclrtSynchronizeStream")
        #expect(try device.synchronize() == 507015)
        let text = try device.function("aclGetRecentErrMsg", cann_aclGetRecentErrMsg.self)()
        switch message {
        case .text: #expect(text != nil)
        case .none: #expect(text == nil)
        case .huge: #expect(try device.message?.count == 1 << 20)
        case .broken: #expect(text.flatMap { String(validatingCString: $0) } == nil && text != nil)
        }
    }
}
