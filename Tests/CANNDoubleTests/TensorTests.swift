import CANNDoubleSupport
import Testing

@Suite("Tensors of the double")
struct TensorTests {
    let device: Device

    init() throws { device = try Device() }

    @Test("are views: transposed, shifted, of no address yet")
    func views() throws {
        let memory = try device.block(24)
        let transposed = try device.makeTensor(
            [1, 3, 2], .int32, memory, strides: [6, 1, 3], storage: [1, 2, 3])
        let shifted = try device.makeTensor([2], .int32, memory, storage: [6], offset: 4)
        let empty = try device.makeTensor([0, 4], .int32, nil)
        let nowhere = try device.makeTensor([4], .int32, nil)
        for tensor in [transposed, shifted, empty, nowhere] {
            #expect(tensor != nil)
            #expect(try device.destroy(tensor) == 0)
        }
        #expect(try device.destroy(nil) == 0)
        #expect(device.rules == [] && device.refusals == [])
    }

    @Test("are not made of what makes no sense")
    func refusals() throws {
        #expect(try device.makeTensor([-1], .int32, nil) == nil)
        #expect(try device.message?.contains("viewDims [-1]: negative") == true)
        #expect(try device.makeTensor([2], .int32, nil, strides: [-1]) == nil)
        #expect(try device.makeTensor([2], .int32, nil, offset: -1) == nil)
        #expect(try device.makeTensor([2], .int32, nil, format: 3) == nil)
        #expect(try device.makeTensor([1 << 40, 1 << 40], .int32, nil) == nil)
        #expect(try device.makeTensor([1 << 16, 1 << 15], .int8, nil) == nil)
        #expect(device.rules == [] && device.refusals.count == 6)
    }

    @Test("stay inside their storage, and the storage inside its block of device memory")
    func bounds() throws {
        let memory = try device.block(8)
        var host = [Int32](repeating: 0, count: 2)
        #expect(try device.makeTensor([2], .int32, memory, storage: [1]) == nil)
        #expect(try device.makeTensor([2], .int32, memory, storage: [2], offset: 1) == nil)
        #expect(try device.makeTensor([3], .int32, memory) == nil)
        #expect(try device.makeTensor([2], .int32, &host) == nil)
        #expect(try device.makeTensor([1], .int32, memory + 4) != nil)
        #expect(device.rules == ["T01", "T01", "T01", "T01", "R12"])
    }

    @Test("in blocks have the storage that goes with their shape")
    func fractal() throws {
        let memory = try device.block(2 * 3 * 3 * 512)
        let storage: [Int64] = [2, 3, 3, 16, 32]
        #expect(
            try device.makeTensor([2, 48, 96], .int8, memory, storage: storage, format: 29) != nil)
        #expect(
            try device.makeTensor([2, 96, 48], .int8, memory, storage: storage, format: 29) == nil)
        #expect(try device.makeTensor([2, 48, 96], .int8, memory, format: 29) == nil)
        #expect(
            try device.makeTensor(
                [2, 48, 96], .int8, memory, strides: [48 * 96, 1, 48], storage: storage, format: 29)
                == nil)
        #expect(device.rules == ["T03", "T03", "T03"])
    }

    @Test("are destroyed once, by themselves or by their list")
    func destruction() throws {
        let first = try device.makeTensor([1], .int8, nil)
        #expect(try device.destroy(first) == 0)
        #expect(try device.destroy(first) == 161002)

        let second = try device.makeTensor([1], .int8, nil)
        let list = try device.makeList([second])
        #expect(try device.destroy(second) == 161002)
        #expect(try device.makeList([second]) == nil)
        #expect(try device.destroyList(list) == 0)
        #expect(try device.destroyList(list) == 161002)
        #expect(try device.destroy(second) == 161002)
        #expect(device.rules == ["P09", "P09", "P09", "P09", "P09"])
        #expect(device.double.live(.tensors, on: device.number) == 0)
        #expect(device.double.live(.tensorLists, on: device.number) == 0)
    }

    @Test("are needed until the second phase has returned, however it was")
    func neededUntilLaunched() throws {
        let quantisation = try device.quantisation()
        #expect(try device.destroy(quantisation.x) == 0)
        #expect(device.rules == ["P08"])
        #expect(try device.launch(quantisation.plan) == 361001)
        #expect(device.rules == ["P08", "P08"])

        let other = try Device()
        let kept = try other.quantisation()
        #expect(try other.launch(kept.plan) == 0)
        #expect(try other.destroy(kept.x) == 0 && other.synchronize() == 0)
        #expect(try other.download(kept.y.memory, 4) == Device.quantised && other.rules == [])
    }
}
