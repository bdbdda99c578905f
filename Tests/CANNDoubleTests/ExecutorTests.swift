import CANN
import CANNDoubleSupport
import Testing

@Suite("Executors of the double")
struct ExecutorTests {
    let device: Device

    init() throws { device = try Device() }

    @Test("are used up by one second phase")
    func once() throws {
        let plan = try device.quantisation().plan
        #expect(try device.launch(plan) == 0)
        #expect(try device.launch(plan) == 161001)
        #expect(try device.destroy(plan) == 161002)
        #expect(device.rules == ["P02", "P02"])
        #expect(device.double.live(.executors, on: device.number) == 0)
    }

    @Test("are used up by a second phase that fails, too")
    func failed() throws {
        let plan = try device.quantisation().plan
        device.double.fail("aclnnDynamicQuant", status: 361001, on: device.number)
        #expect(try device.launch(plan) == 361001)
        #expect(try device.launch(plan) == 161001)
        #expect(try device.synchronize() == 0)
        #expect(device.double.executed(on: device.number) == [] && device.rules == ["P02"])
    }

    @Test("that nobody runs are destroyed")
    func abandoned() throws {
        let plan = try device.quantisation().plan
        #expect(try device.destroy(plan) == 0 && device.rules == [])
        #expect(device.double.live(.executors, on: device.number) == 0)
    }

    @Test("belong to their operator, a workspace of their size, and their thread")
    func protocolOfPhases() throws {
        let first = try device.quantisation().plan
        #expect(try device.launch(first, as: "aclnnMoeTokenUnpermute") == 161002)
        #expect(try device.launch(first, size: first.workspaceSize + 1) == 0)
        #expect(device.rules == ["P01", "P05"])

        let second = try device.quantisation().plan
        let launch = try device.function("aclnnDynamicQuant", cann_aclnn.self)
        #expect(launch(nil, second.workspaceSize, second.executor, device.stream) == 161001)
        let third = try device.quantisation().plan
        let small = try device.block(Int(third.workspaceSize) - 1)
        #expect(try device.launch(third, workspace: small) == 107000)
        #expect(device.rules.suffix(2) == ["P04", "P04"])
        #expect(launch(nil, 0, nil, device.stream) == 161001)
        #expect(device.rules.last == "P01")
    }

    @Test("are run by the thread that made them")
    func threads() throws {
        let plan = try device.quantisation().plan
        let memory = try device.block(Int(plan.workspaceSize))
        nonisolated(unsafe) let test = device, workspace = memory, planned = plan
        nonisolated(unsafe) var statuses: [Int32] = []
        onAnotherThread {
            let set = try? test.function("aclrtSetDevice", cann_aclrtSetDevice.self)
            _ = set?(test.number)
            statuses.append((try? test.launch(planned, workspace: workspace)) ?? -1)
        }
        #expect(statuses == [0] && device.rules == ["P07"])
    }

    @Test("that were made repeatable run until they are destroyed")
    func repeatable() throws {
        let quantisation = try device.quantisation(), plan = quantisation.plan
        #expect(try device.makeRepeatable(plan) == 0)
        for _ in 0..<3 { try device.run((0, plan)) }
        #expect(try device.download(quantisation.y.memory, 4) == Device.quantised)
        #expect(device.double.executed(on: device.number).count == 3)
        #expect(try device.destroy(plan) == 0 && device.rules == [])
        #expect(try device.launch(plan) == 161001 && device.rules == ["P02"])
    }

    @Test("need their tensors until they are destroyed, when they are repeatable")
    func repeatableTensors() throws {
        let quantisation = try device.quantisation()
        #expect(try device.makeRepeatable(quantisation.plan) == 0)
        try device.run((0, quantisation.plan))
        #expect(try device.destroy(quantisation.x) == 0)
        #expect(device.rules == ["P08"])
    }

    @Test("become repeatable directly after the first phase or not at all")
    func tooLate() throws {
        let plan = try device.quantisation().plan
        #expect(try device.makeRepeatable(plan) == 0)
        #expect(try device.makeRepeatable(plan) == 561000)
        #expect(try device.makeRepeatable(Plan(name: "")) == 561103)
        #expect(device.rules == ["P10", "P10"])
    }

    typealias SetAddress =
        @convention(c) (OpaquePointer?, Int, OpaquePointer?, UnsafeMutableRawPointer?) -> Int32
    typealias SetRawAddress =
        @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32

    @Test("take other addresses between two runs")
    func addresses() throws {
        let quantisation = try device.quantisation(), plan = quantisation.plan
        let input = try device.function("aclSetInputTensorAddr", SetAddress.self)
        let output = try device.function("aclSetOutputTensorAddr", SetAddress.self)
        let other = try device.upload([0x4000, 0x3F80, 0x3F80, 0x4000] as [UInt16])
        let place = try device.block(4)
        #expect(try device.makeRepeatable(plan) == 0)
        #expect(input(plan.executor, 0, quantisation.x, other) == 0)
        #expect(output(plan.executor, 0, quantisation.y.tensor, place) == 0)
        try device.run((0, plan))
        #expect(try device.download(place, 4) == [127, 64, 64, 127] as [Int8])
        #expect(device.double.peek(quantisation.y.memory, bytes: 1) == [0xA5])
        #expect(device.rules == [])

        #expect(input(plan.executor, 1, quantisation.x, other) == 161002)
        #expect(input(plan.executor, 5, quantisation.x, other) == 161002)
        #expect(input(plan.executor, 0, quantisation.y.tensor, other) == 161002)
        #expect(input(plan.executor, 0, quantisation.x, nil) == 161002)
        #expect(input(plan.executor, 0, nil, other) == 561103)
        #expect(device.rules == ["P13", "P13", "P13", "P13", "P13"])
    }

    @Test("do not let a raw address change between their phases")
    func rawAddress() throws {
        let quantisation = try device.quantisation()
        let set = try device.function("aclSetRawTensorAddr", SetRawAddress.self)
        let place = try device.block(4)
        #expect(set(quantisation.y.tensor, place) == 0)
        #expect(device.rules == ["P12"])
        #expect(try device.launch(quantisation.plan) == 0)
        #expect(set(quantisation.y.tensor, place) == 0 && device.rules == ["P12"])
    }

    @Test("do not write where they read, or where they work")
    func overlaps() throws {
        let memory = try device.upload([UInt16](repeating: 0, count: 4))
        let x = try device.tensor([2, 2], .bf16, memory),
            y = try device.tensor([2, 2], .int8, memory)
        let scale = try device.output([2], .float)
        let planned = try device.plan("aclnnDynamicQuant", Device.DynamicQuant.self) {
            $0(x, nil, y, scale.tensor, $1, $2)
        }
        #expect(try device.launch(planned.plan) == 0)
        #expect(device.rules == ["U01"])
    }

    @Test("ask for the workspace that the test wants")
    func workspace() throws {
        device.double.setWorkspace(1000, growth: 24, on: device.number)
        #expect(try device.quantisation().plan.workspaceSize == 1000)
        #expect(try device.quantisation().plan.workspaceSize == 1024)
        device.double.setWorkspace(0, on: device.number)
        let quantisation = try device.quantisation()
        try device.run((0, quantisation.plan))
        #expect(try device.download(quantisation.y.memory, 4) == Device.quantised)
        #expect(device.rules == [])
    }
}
