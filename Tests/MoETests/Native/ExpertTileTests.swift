import MoEKernels
import MoETestSupport
import Testing

/// The activation behind the first GEMM: tile by tile, and one row after the other.
@Suite("The activation of a tile")
struct ExpertTileTests {
    static let kinds = [
        MOE_SWIGLU_PLAIN, MOE_SWIGLU_CLAMPED, MOE_SWIGLU_CLAMPED_AFTER, MOE_SWIGLU_SOFTCAPPED,
        MOE_GELU_TANH, MOE_SQUARED_RELU,
    ].map(\.rawValue)
    static let widths = [1, 2, 7, 15, 16, 17, 31, 32, 48, 63, 64]

    @Test(
        "has the bits of its rows in plain C, on memory that ends at a guard page",
        arguments: availableISAs, kinds)
    func bits(isa: UInt32, kind: UInt32) throws {
        let isa = moe_isa(rawValue: isa)
        var activation = moe_activation()
        activation.kind = moe_activation_kind(rawValue: kind)
        (activation.limit, activation.alpha) = (1.5, 1.702)
        (activation.bias, activation.up_limit) = (1, 2)
        for width in Self.widths {
            for hasBias in [false, true] {
                for side in GuardedMemory<Float>.Side.allCases {
                    let inputs = try #require(
                        TileInputs(width: width, hasBias: hasBias, side, activation))
                    let wanted = try inputs.rows(moe_dsq_kernels_for(MOE_ISA_SCALAR).pointee)
                    let place: Comment = "\(width) columns, bias: \(hasBias), \(side)"

                    #expect(try inputs.rows(moe_dsq_kernels_for(isa).pointee) == wanted, place)
                    #expect(try inputs.tile(moe_expert_tiles_for(isa).pointee) == wanted, place)
                }
            }
        }
    }
}

/// Products of a gate and an up panel and their factors, all of it against unreadable pages.
private struct TileInputs {
    let rowCount: Int
    let width: Int
    let activation: moe_activation
    let side: GuardedMemory<Float>.Side
    /// Panels are padded to whole lanes.
    let stride: Int
    let gate, up: GuardedMemory<Int32>
    let gateScale, upScale, rowScale: GuardedMemory<Float>
    let gateBias, upBias: GuardedMemory<Float>?

    init?(
        width: Int, hasBias: Bool, _ side: GuardedMemory<Float>.Side, _ activation: moe_activation
    ) {
        let rowCount = 3, stride = (width + 15) / 16 * 16
        var random = SeededRandom(UInt64(width))
        let integers = (0..<2 * rowCount * stride).map { _ in
            Int32.random(in: -9000...9000, using: &random)
        }
        func products(_ half: ArraySlice<Int32>) -> GuardedMemory<Int32>? {
            GuardedMemory(Array(half), touching: side == .before ? .before : .after)
        }
        func factors(_ count: Int, _ scale: Float) -> GuardedMemory<Float>? {
            GuardedMemory(random.normals(count, scale: scale), touching: side)
        }
        guard let gate = products(integers[..<(rowCount * stride)]),
            let up = products(integers[(rowCount * stride)...]),
            let gateScale = factors(stride, 0.001), let upScale = factors(stride, 0.001),
            let rowScale = factors(rowCount, 1),
            let gateBias = factors(stride, 1), let upBias = factors(stride, 1)
        else { return nil }
        self.width = width
        self.activation = activation
        self.side = side
        self.rowCount = rowCount
        self.stride = stride
        self.gate = gate
        self.up = up
        self.gateScale = gateScale
        self.upScale = upScale
        self.rowScale = rowScale
        self.gateBias = hasBias ? gateBias : nil
        self.upBias = hasBias ? upBias : nil
    }

    private func base<Element>(
        _ memory: GuardedMemory<Element>
    ) throws -> UnsafeMutablePointer<Element> {
        try #require(memory.elements.baseAddress)
    }

    /// The activated rows by the kernel of tiles.
    func tile(_ kernels: moe_expert_tiles) throws -> [Float] {
        let h = try #require(
            GuardedMemory([Float](repeating: .nan, count: rowCount * width), touching: side))
        // What has no gate reads nothing of it: there is no memory at this address.
        let hasGate = activation.kind != MOE_SQUARED_RELU, nowhere = 64
        var tile = moe_activation_tile(
            rows: rowCount, columns: width,
            products: moe_gate_up(
                gate: try hasGate
                    ? UnsafePointer(base(gate)) : #require(UnsafePointer(bitPattern: nowhere)),
                up: try base(up), stride: stride,
                gate_scale: try hasGate
                    ? UnsafePointer(base(gateScale)) : #require(UnsafePointer(bitPattern: nowhere)),
                up_scale: try base(upScale),
                gate_bias: try hasGate ? gateBias.map { UnsafePointer(try base($0)) } : nil,
                up_bias: try upBias.map { UnsafePointer(try base($0)) },
                row_scale: try base(rowScale), activation: activation),
            h: try base(h), h_stride: width)
        kernels.activate(&tile)
        return withExtendedLifetime(h) { Array(h.elements) }
    }

    /// The same rows one by one.
    func rows(_ kernels: moe_dsq_kernels) throws -> [Float] {
        var rows: [Float] = []
        for row in 0..<rowCount {
            let halves = try [(gate, gateScale, gateBias), (up, upScale, upBias)].map {
                products, scale, bias in
                let half = try #require(
                    GuardedMemory([Float](repeating: .nan, count: width), touching: side))
                kernels.dequantize(
                    Int64(width), 1, try base(products) + row * stride, try base(scale),
                    rowScale.elements[row], nil, try bias.map { UnsafePointer(try base($0)) },
                    try base(half))
                return half
            }
            kernels.activate(
                Int64(width), activation, try base(halves[0]), try base(halves[1]),
                try base(halves[0]))
            rows += withExtendedLifetime(halves) { Array(halves[0].elements) }
        }
        return rows
    }
}
