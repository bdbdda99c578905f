import CANNDoubleSupport
import MoE
import MoEAscend
import MoETestSupport
import Testing

@Suite("A pass on the device")
struct PassTests {
    let layer: MoELayer
    let random = RandomLayer(hidden: 64, width: 32, experts: 4, topK: 2, sharedWidth: 64)
    let machine: Machine

    init() throws {
        layer = try random.layer()
        machine = try Machine()
    }

    private var double: CANNDouble { machine.double }

    /// Calls so far that make something, or copy at once.
    private var makers: [String: Int] {
        let names = [
            "aclrtMalloc", "aclrtMallocHost", "aclrtFree", "aclrtFreeHost", "aclCreateTensor",
            "aclCreateTensorList", "aclCreateIntArray", "aclDestroyTensor", "aclrtMemcpy",
            "aclrtMemset", "aclnnMoeInitRoutingV3GetWorkspaceSize",
            "aclnnGroupedMatmulV5GetWorkspaceSize", "aclnnDequantSwigluQuantV2GetWorkspaceSize",
            "aclnnMoeTokenUnpermuteGetWorkspaceSize", "aclSetAclOpExecutorRepeatable",
        ]
        return Dictionary(
            uniqueKeysWithValues: names.map { ($0, double.calls(of: $0, on: machine.device)) })
    }

    @Test("of a steady loop allocates nothing, describes nothing and plans nothing")
    func steady() throws {
        do {
            let block = try MoEBlock(layer, backend: machine.backend(), threads: 1)
            let inputs = try [1, 3, 17].map { try random.input(tokens: $0) }
            let first = try inputs.map { try block.forward($0).output }
            let before = makers, alive = double.alive(on: machine.device)
            for _ in 0..<5 {
                let again = try inputs.map { try block.forward($0).output }
                #expect(again == first)
            }
            #expect(makers == before)
            #expect(double.alive(on: machine.device) == alive)
            #expect(double.blockingCopies(on: machine.device) == 0)
        }
        machine.expectClean()
    }

    @Test("is one copy, its stages and one copy, and waits for the stream once")
    func stream() throws {
        let layer = try RandomLayer(hidden: 64, width: 32, experts: 4, topK: 2).layer()
        let block = try MoEBlock(layer, backend: machine.backend(), threads: 1)
        let input = try random.input(tokens: 5)
        _ = try block.forward(input)
        let ran = double.executed(on: machine.device).count
        let waits = double.calls(of: "aclrtSynchronizeStream", on: machine.device)
        _ = try block.forward(input)
        let names = double.executed(on: machine.device).dropFirst(ran).map { name in
            name.hasPrefix("copy ") ? String(name.prefix { $0 != "_" }) : name
        }
        #expect(
            names == [
                "copy HOST", "aclnnMoeInitRoutingV3", "aclnnGroupedMatmulV5",
                "aclnnDequantSwigluQuantV2", "aclnnGroupedMatmulV5", "aclnnMoeTokenUnpermute",
                "copy DEVICE",
            ])
        #expect(double.calls(of: "aclrtSynchronizeStream", on: machine.device) == waits + 1)
        #expect(machine.complaints == [])
    }

    @Test(
        "gives the same bits however late its work runs, and in whatever order an expert's rows are"
    )
    func schedules() throws {
        let input = try random.input(tokens: 9)
        let changes: [(CANNDouble, Int32) -> Void] = [
            { _, _ in }, { $0.setExecution(.atLaunch, on: $1) },
            { $0.setExecution(.later(milliseconds: 20), on: $1) },
            { $0.setDescendingRows(true, on: $1) }, { $0.setWorkspace(0, on: $1) },
            { $0.setWorkspace(100, growth: 3 << 20, on: $1) },
        ]
        let outputs = try changes.map { change in
            let machine = try Machine()
            change(machine.double, machine.device)
            let output = try {
                let block = try MoEBlock(layer, backend: machine.backend(), threads: 1)
                _ = try block.forward(random.input(tokens: 2))
                return try block.forward(input).output
            }()
            machine.expectClean()
            return output
        }
        #expect(outputs.allSatisfy { $0 == outputs[0] })
    }

    @Test("of rows of zeros, NaN and infinities damages no other row")
    func special() throws {
        let block = try MoEBlock(layer, backend: machine.backend(), threads: 1)
        let clean = try random.input(tokens: 6)
        var elements = clean.elements
        for column in 0..<64 { elements[64 + column] = 0 }
        elements[2 * 64 + 5] = .nan
        elements[3 * 64 + 6] = .infinity
        let damaged = try Matrix(rows: 6, columns: 64, elements: elements)
        let found = try block.forward(damaged).output, wanted = try block.forward(clean).output
        #expect(found.row(1).allSatisfy { $0 == 0 })
        for row in [2, 3] { #expect(found.row(row).allSatisfy { $0.isNaN }) }
        for row in [0, 4, 5] { #expect(found.row(row) == wanted.row(row)) }
        #expect(machine.complaints == [])
    }

    @Test("serves callers on many threads one after the other, and two devices side by side")
    func callers() async throws {
        let other = try Machine()
        let blocks = try [machine, other].map {
            try MoEBlock(layer, backend: $0.backend(), threads: 1)
        }
        let input = try random.input(tokens: 4), wanted = try blocks[0].forward(input).output
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    try (0..<4).allSatisfy { _ in
                        try blocks[caller % 2].forward(input).output == wanted
                    }
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
        #expect(machine.complaints == [] && other.complaints == [])
    }

    @Test("multiplies activated rows by their expert's smooth factors")
    func smooth() throws {
        var layer = layer
        guard case .int8(var experts) = layer.experts else { return }
        experts[1].smooth = (0..<32).map { 0.25 + Float($0) / 16 }
        layer.experts = .int8(experts)
        let input = try random.input(tokens: 40)
        let found = try Agreement(layer, input, on: machine.backend())
        #expect(found.problems() == [])
        let plain = try reference(self.layer, input).output
        #expect(plain != (try reference(layer, input).output))
        #expect(machine.complaints == [])
    }

    @Test(
        "takes up most of what rounding allows its rows, and no more",
        arguments: [Variant.plain, .everything])
    func rounding(variant: Variant) throws {
        let outputs = try Agreement(
            layer, random.input(tokens: 40),
            on: machine.backend { variant.apply(to: &$0) }
        ).outputs
        for share in [outputs.down, outputs.sharedDown ?? 0] {
            #expect((0.8...1).contains(share), "\(outputs)")
        }
        #expect(outputs.greatest <= 1, "\(outputs)")
        #expect(machine.complaints == [])
    }

    @Test("between latent projections is as near as rounding allows")
    func latent() throws {
        var layer = try RandomLayer(hidden: 64, width: 32, experts: 4, topK: 2).layer()
        var numbers = SeededRandom(8)
        func matrix(_ rows: Int, _ columns: Int) throws -> Matrix<Float> {
            try Matrix(
                rows: rows, columns: columns,
                elements: numbers.normals(rows * columns, scale: 0.1))
        }
        layer.router.weight = try matrix(4, 96)
        layer.latent = LatentProjections(
            compression: try matrix(64, 96), expansion: try matrix(96, 64))
        let input = try Matrix(rows: 9, columns: 96, elements: numbers.normals(9 * 96))
        let found = try Agreement(layer, input, on: machine.backend())
        #expect(found.problems() == [] && found.outputs.combine > 0)
        #expect(machine.complaints == [])
    }

    @Test("of more tokens than its memory holds goes in turns, to the same bits")
    func turns() throws {
        let input = try random.input(tokens: 600)
        let whole = try MoEBlock(layer, backend: machine.backend(), threads: 1)
        let small = try MoEBlock(
            layer, backend: machine.backend { $0.activationMemory = 200_000 }, threads: 1)
        #expect(try small.forward(input).output == whole.forward(input).output)
        #expect(machine.complaints == [])
    }
}
