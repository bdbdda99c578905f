import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// int8 weights of compressed-tensors, msmodelslim and the raw kind.
@Suite("int8 weights")
struct Int8WeightTests {
    var expert = OneExpert(
        hidden: 6, width: 4, quantization: #"{"quant_method": "compressed-tensors"}"#)

    /// Any integers, -128 among them.
    static func integers(_ count: Int) -> [Int8] {
        (0..<count).map { Int8(truncatingIfNeeded: $0 * 83 - 128) }
    }

    /// int8 weights with a scale tensor that `scale` makes of rows and columns.
    static func stored(
        name: String = "weight_scale", _ scale: @escaping (Int, Int) throws -> Tensor
    ) -> (String, Int, Int) throws -> [String: Tensor] {
        { module, rows, columns in
            [
                "\(module).weight": try Tensor(integers(rows * columns), shape: [rows, columns]),
                "\(module).\(name)": try scale(rows, columns),
            ]
        }
    }

    /// Scales that BF16, F16 and F32 hold exactly, a zero among them.
    static func scales(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 5) / 64 } }

    @Test(
        "weights reach the product byte by byte, scales are widened",
        arguments: [ElementType.bf16, .f16, .f32], [false, true])
    func channels(type: ElementType, isColumn: Bool) throws {
        let tensors = try expert.tensors(
            Self.stored { rows, _ in
                try .floats(Self.scales(rows), isColumn ? [rows, 1] : [rows], as: type)
            })
        let (loaded, report) = try expert.int8(tensors)
        #expect(loaded.down.values.elements == Self.integers(24))
        #expect(loaded.down.values.elements.contains(-128))
        #expect(loaded.down.scale == Self.scales(6))
        #expect(loaded.gateUp.values.elements == Self.integers(24) + Self.integers(24))
        #expect(loaded.gateUp.scale == Self.scales(4) + Self.scales(4))
        #expect(report == LoadReport())
        let floats = try expert.floats(tensors)
        #expect(
            floats.down.elements
                == (0..<24).map { Float(Self.integers(24)[$0]) * Self.scales(6)[$0 / 4] })
    }

    @Test("one scale of the whole tensor stands for every channel", arguments: [[1], [], [1, 1]])
    func wholeTensor(shape: [Int]) throws {
        let tensors = try expert.tensors(Self.stored { _, _ in try .floats([0.25], shape) })
        let (loaded, report) = try expert.int8(tensors)
        #expect(loaded.down.values.elements == Self.integers(24))
        #expect(loaded.down.scale == [Float](repeating: 0.25, count: 6))
        #expect(report.summary == nil)
    }

    @Test("groups of a channel that share a scale are int8 as they are, others are requantised")
    func groups() throws {
        let tensors = try expert.tensors(
            Self.stored { rows, columns in
                // Row 0 has two scales, the others one.
                try .floats(
                    (0..<rows * 2).map { $0 == 1 ? 0.5 : Float($0 / 2 + 1) / 4 }, [rows, 2])
            })
        let floats = try expert.floats(tensors)
        let q = Self.integers(24)
        #expect(
            Array(floats.down.elements[..<4])
                == [Float(q[0]) / 4, Float(q[1]) / 4, Float(q[2]) / 2, Float(q[3]) / 2])
        let (loaded, report) = try expert.int8(tensors)
        #expect(loaded.down.values.elements[4...] == q[4...])
        #expect(loaded.down.scale[1...] == [0.5, 0.75, 1, 1.25, 1.5])
        let wanted = requantized(floats.down)
        #expect(Array(loaded.down.values.elements[..<4]) == Array(wanted.values[..<4]))
        #expect(loaded.down.scale[0] == wanted.scale[0])
        #expect(report.losses.map(\.projection) == ["gate·up", "down"])
    }

    @Test("a zero point of 0 changes nothing, another one is subtracted before requantising")
    func zeroPoints() throws {
        func tensors(_ zero: Int8) throws -> [String: Tensor] {
            try expert.tensors { module, rows, columns in
                var tensors = try Self.stored { rows, _ in
                    try .floats([Float](repeating: 0.5, count: rows), [rows, 1])
                }(module, rows, columns)
                let zeros = [Int8](repeating: 0, count: rows - 1) + [zero]
                tensors["\(module).weight_zero_point"] = try Tensor(zeros, shape: [rows, 1])
                return tensors
            }
        }
        #expect(try expert.int8(tensors(0)).expert.down.values.elements == Self.integers(24))
        let floats = try expert.floats(tensors(-3))
        let q = Self.integers(24).map(Float.init)
        #expect(floats.down.elements == q[..<20].map { $0 / 2 } + q[20...].map { ($0 + 3) / 2 })
        let (loaded, report) = try expert.int8(tensors(-3))
        #expect(loaded.down.values.elements[..<20] == Self.integers(24)[..<20])
        #expect(loaded.down.scale == [0.5, 0.5, 0.5, 0.5, 0.5, requantized(floats.down).scale[5]])
        #expect(!report.losses.isEmpty)
    }

    @Test("blocks are requantised, unless a block is as wide as the matrix", arguments: [2, 4])
    func blocks(edge: Int) throws {
        var expert = expert
        expert.quantization = """
            {"quant_method": "blockwise_int8", "weight_block_size": [4, \(edge)]}
            """
        let tensors = try expert.tensors(
            Self.stored(name: "weight_scale_inv") { rows, columns in
                let shape = [(rows + 3) / 4, (columns + edge - 1) / edge]
                return try .floats(
                    (0..<shape[0] * shape[1]).map { Float($0 + 1) / 8 }, shape)
            })
        let floats = try expert.floats(tensors)
        let q = Self.integers(24)
        // down is [6, 4]: two rows of blocks, the lower of two rows.
        let wantedFloats = (0..<24).map { place in
            let block = place / 16 * (4 / edge) + place % 4 / edge
            return Float(q[place]) * Float(block + 1) / 8
        }
        #expect(floats.down.elements == wantedFloats)
        let (loaded, report) = try expert.int8(tensors)
        if edge == 2 {
            let wanted = requantized(floats.down)
            #expect(loaded.down.values.elements == wanted.values)
            #expect(loaded.down.scale == wanted.scale)
            #expect(report.losses.first?.format == "int8 in blocks")
        } else {
            #expect(loaded.down.values.elements == q)
            #expect(loaded.down.scale == [0.125, 0.125, 0.125, 0.125, 0.25, 0.25])
        }
    }

    @Test("static scales of activations are left unread, and that is said")
    func staticActivations() throws {
        var tensors = try expert.tensors(
            Self.stored { rows, _ in
                try .floats(Self.scales(rows), [rows])
            })
        tensors[OneExpert.down + ".input_scale"] = try .floats([1], [1])
        #expect(
            try expert.int8(tensors).report.summary
                == "the static scales of activations are not used")
    }
}
