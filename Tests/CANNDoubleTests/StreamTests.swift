import CANNDoubleSupport
import Testing

@Suite("A stream of the double")
struct StreamTests {
    let device: Device

    init() throws { device = try Device() }

    @Test("does nothing before somebody synchronises, and everything then, in order")
    func lazy() throws {
        let quantisation = try device.quantisation()
        #expect(try device.launch(quantisation.plan) == 0)
        #expect(device.double.executed(on: device.number) == [])
        #expect(device.double.peek(quantisation.y.memory, bytes: 1) == [0xA5])

        #expect(try device.synchronize() == 0)
        #expect(device.double.executed(on: device.number) == ["aclnnDynamicQuant"])
        #expect(try device.download(quantisation.y.memory, 4) == Device.quantised)
        #expect(device.rules == [])
    }

    @Test("gives the same within the launch, and on another thread later")
    func executions() throws {
        for execution in [CANNDouble.Execution.atLaunch, .later(milliseconds: 5)] {
            let device = try Device()
            device.double.setExecution(execution, on: device.number)
            let quantisation = try device.quantisation()
            try device.run((0, quantisation.plan))
            #expect(try device.download(quantisation.y.memory, 4) == Device.quantised)
            #expect(device.rules == [])
        }
    }

    @Test("times out when it takes longer than the patience, and goes on all the same")
    func patience() throws {
        typealias Synchronise = @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32
        let synchronise = try device.function(
            "aclrtSynchronizeStreamWithTimeout", Synchronise.self)
        device.double.setExecution(.later(milliseconds: 5), on: device.number)
        let quantisation = try device.quantisation()
        #expect(try device.launch(quantisation.plan) == 0)
        #expect(synchronise(device.stream, 1) == 507046)
        #expect(synchronise(device.stream, 1000) == 0)
        #expect(try device.download(quantisation.y.memory, 4) == Device.quantised)
    }

    @Test("holds what is read from the device to be read after it")
    func readTooEarly() throws {
        let quantisation = try device.quantisation()
        #expect(try device.launch(quantisation.plan) == 0)
        _ = try device.download(quantisation.y.memory, 4, as: Int8.self)
        #expect(device.rules == ["R08", "U02"])
    }

    @Test("holds what the host writes over to be written after it")
    func overwritten() throws {
        let x = try device.upload([UInt16](repeating: 0x3F80, count: 4))
        let tensor = try device.tensor([2, 2], .bf16, x)
        let y = try device.output([2, 2], .int8), scale = try device.output([2], .float)
        let planned = try device.plan("aclnnDynamicQuant", Device.DynamicQuant.self) {
            $0(tensor, nil, y.tensor, scale.tensor, $1, $2)
        }
        #expect(try device.launch(planned.plan) == 0)
        #expect(try device.copy([UInt16](repeating: 0, count: 4), to: x) == 0)
        #expect(device.rules == ["P15"])
    }

    @Test("keeps the memory that it will use from being freed")
    func freedTooEarly() throws {
        let quantisation = try device.quantisation()
        let workspace = try device.block(Int(quantisation.plan.workspaceSize))
        #expect(try device.launch(quantisation.plan, workspace: workspace) == 0)
        #expect(try device.free(workspace) == 0)
        #expect(try device.free(quantisation.y.memory) == 0)
        #expect(device.rules == ["P04", "R06"])
    }

    @Test("belongs to a context, and is destroyed once, when it is done")
    func ownership() throws {
        let quantisation = try device.quantisation()
        let stream = try device.makeStream()
        #expect(try device.launch(quantisation.plan, on: stream) == 0)
        #expect(try device.destroyStream(stream) == 0)
        #expect(try device.destroyStream(stream) == 107017)
        #expect(device.rules == ["R04", "R04"])

        let other = try Device()
        #expect(try other.destroyStream(device.stream) == 107003)
        #expect(try other.copyAsync(nil, nil, 0, 1, on: device.stream) == 107003)
        #expect(other.rules == ["R04", "R04"])
    }

    @Test("copies to and from pinned memory in its turn")
    func pinnedCopies() throws {
        let host = try device.pinned(4), memory = try device.block(4)
        host.storeBytes(of: 77, as: Int32.self)
        #expect(try device.copyAsync(memory, host, 4, 1) == 0)
        #expect(try device.synchronize() == 0)
        host.storeBytes(of: 0, as: Int32.self)
        #expect(try device.copyAsync(host, memory, 4, 2) == 0)
        // Not there yet, and not what was there before either.
        #expect(host.load(as: UInt32.self) == 0xA5A5_A5A5)
        #expect(try device.synchronize() == 0)
        #expect(host.load(as: Int32.self) == 77 && device.rules == [])
        #expect(device.double.blockingCopies(on: device.number) == 0)
    }

    @Test("waits for copies of pageable memory, and counts them")
    func pageableCopies() throws {
        let memory = try device.block(4)
        let values: [Int32] = [5]
        #expect(try device.copyAsync(memory, values, 4, 1) == 0)
        #expect(try device.download(memory, 1, as: Int32.self) == [5])
        #expect(device.double.blockingCopies(on: device.number) == 1 && device.rules == [])
    }

    @Test("notices that pinned memory has changed since the copy was asked for")
    func changedSource() throws {
        let host = try device.pinned(4), memory = try device.block(4)
        host.storeBytes(of: 1, as: Int32.self)
        #expect(try device.copyAsync(memory, host, 4, 1) == 0)
        host.storeBytes(of: 2, as: Int32.self)
        #expect(try device.synchronize() == 0)
        #expect(device.rules == ["R09"])
    }

    @Test("beside another one needs an event where they share memory")
    func races() throws {
        let quantisation = try device.quantisation()
        let second = try device.makeStream(), host = try device.pinned(4)
        #expect(try device.launch(quantisation.plan) == 0)
        #expect(try device.copyAsync(host, quantisation.y.memory, 4, 2, on: second) == 0)
        #expect(device.rules == ["U01"])
    }

    @Test("waits for an event of another one")
    func events() throws {
        let quantisation = try device.quantisation(), event = try device.makeEvent()
        let second = try device.makeStream(), host = try device.pinned(4)
        let record = try device.function("aclrtRecordEvent", Device.TwoPointers.self)
        let wait = try device.function("aclrtStreamWaitEvent", Device.TwoPointers.self)
        #expect(wait(second, event) == 107000)
        device.double.clearJournal(on: device.number)

        #expect(try device.launch(quantisation.plan) == 0)
        #expect(record(event, device.stream) == 0 && wait(second, event) == 0)
        #expect(try device.copyAsync(host, quantisation.y.memory, 4, 2, on: second) == 0)
        let synchronise = try device.function("aclrtSynchronizeStream", Device.OnePointer.self)
        #expect(synchronise(second) == 0)
        #expect(
            Array(UnsafeRawBufferPointer(start: host, count: 4)).map { Int8(bitPattern: $0) }
                == Device.quantised)
        #expect(device.rules == [])
    }
}
