import MoEKernels
import MoETestSupport
import Testing

@Suite("Rows of products to int8 in one go")
struct ProductRowsTests {
    static let kinds = [
        MOE_SWIGLU_PLAIN, MOE_SWIGLU_CLAMPED, MOE_SWIGLU_CLAMPED_AFTER, MOE_SWIGLU_SOFTCAPPED,
        MOE_GELU_TANH, MOE_SQUARED_RELU,
    ]
    static let roundings = [MOE_SCALE_DIVIDED, MOE_SCALE_MULTIPLIED, MOE_SCALE_INVERTED]
        .map(\.rawValue)

    /// Rows of which some are not finite, some zero, and some have a scale that is not normal.
    struct Rows {
        static let rowScales: [Float] = [
            0.02, .nan, 1, 0, .infinity, 0x1p-140, 0.5, 0x1p-149, 0x1p-126, -.infinity, 0x1p100,
            0.1,
        ]
        let columns: Int
        let stride: Int
        let gate, up: [Int32]
        let gateScale, upScale, gateBias, upBias, smooth: [Float]

        init(columns: Int, _ random: inout SeededRandom) {
            self.columns = columns
            stride = columns + 3
            let count = Self.rowScales.count * stride
            gate = (0..<count).map { _ in .random(in: -9000...9000, using: &random) }
            up = (0..<count).map { _ in .random(in: -9000...9000, using: &random) }
            gateScale = random.normals(columns, scale: 0.001)
            upScale = random.normals(columns, scale: 0.001)
            gateBias = random.normals(columns)
            upBias = random.normals(columns)
            smooth = random.normals(columns)
        }
    }

    /// What a test varies at once.
    struct Variant {
        let isBiased: Bool
        /// The step of the smooth factors, nil for none.
        let smoothStep: Int64?
        let hasRowScale: Bool
    }

    static let variants = [
        Variant(isBiased: false, smoothStep: nil, hasRowScale: true),
        Variant(isBiased: true, smoothStep: 1, hasRowScale: true),
        Variant(isBiased: true, smoothStep: 0, hasRowScale: false),
        Variant(isBiased: false, smoothStep: 1, hasRowScale: false),
    ]

    @Test(
        "gives the bits of the steps in plain C, taken one by one", arguments: availableISAs,
        roundings)
    func steps(isa: UInt32, rounding: UInt32) throws {
        var random = SeededRandom(91)
        let kernels = moe_dsq_kernels_for(moe_isa(rawValue: isa)).pointee
        let plain = moe_dsq_kernels_for(MOE_ISA_SCALAR).pointee
        let rounding = moe_scale_rounding(rawValue: rounding)
        for columns in [1, 2, 15, 16, 17, 31, 33, 48, 64, 200, 1550] {
            let rows = Rows(columns: columns, &random)
            for kind in Self.kinds {
                let activation = moe_activation(
                    kind: kind, limit: 3, alpha: 1.5, bias: 0.5, up_limit: 2)
                for variant in Self.variants {
                    let found = Self.inOneGo(rows, activation, rounding, variant, kernels)
                    let wanted = Self.byStep(rows, activation, rounding, variant, plain)
                    #expect(found == wanted, "\(columns) columns, \(kind.rawValue), \(variant)")
                }
            }
        }
    }

    @Test("an alpha of 0 makes a NaN of an infinite gate", arguments: availableISAs)
    func infiniteGate(isa: UInt32) throws {
        let kernels = moe_dsq_kernels_for(moe_isa(rawValue: isa)).pointee
        let activation = moe_activation(
            kind: MOE_SWIGLU_CLAMPED, limit: 3, alpha: 0, bias: 0, up_limit: 0)
        var gate = [Float](repeating: -.infinity, count: 40), result = gate
        gate[7] = 1
        let up = [Float](repeating: 1, count: 40)
        kernels.activate(40, activation, gate, up, &result)
        #expect(result.indices.allSatisfy { $0 == 7 ? result[$0] == 0.5 : result[$0].isNaN })
    }

    /// The integers and the bits of the scales; NaNs are alike.
    struct Result: Equatable {
        var integers: [Int8]
        var scales: [UInt32] = []

        init(integers: [Int8], scales: [Float]) {
            self.integers = integers
            self.scales = scales.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
        }
    }

    private static func inOneGo(
        _ rows: Rows, _ activation: moe_activation, _ rounding: moe_scale_rounding,
        _ variant: Variant, _ kernels: moe_dsq_kernels
    ) -> Result {
        let count = Rows.rowScales.count
        var scratch = [Float](repeating: .nan, count: 2 * rows.columns)
        var integers = [Int8](repeating: 99, count: count * rows.columns)
        var scales = [Float](repeating: -1, count: count)
        withPlaces(rows, variant) { products, smooth in
            var products = products
            products.activation = activation
            scratch.withUnsafeMutableBufferPointer { scratch in
                integers.withUnsafeMutableBufferPointer { integers in
                    scales.withUnsafeMutableBufferPointer { scales in
                        guard let scratch = scratch.baseAddress, let y = integers.baseAddress,
                            let scale = scales.baseAddress
                        else { return }
                        var tile = moe_product_rows(
                            rows: count, columns: rows.columns, products: products,
                            smooth: smooth, rounding: rounding, scratch: scratch, y: y,
                            y_stride: rows.columns, scale: scale)
                        kernels.quantize_products(&tile)
                    }
                }
            }
        }
        return Result(integers: integers, scales: scales)
    }

    private static func byStep(
        _ rows: Rows, _ activation: moe_activation, _ rounding: moe_scale_rounding,
        _ variant: Variant, _ kernels: moe_dsq_kernels
    ) -> Result {
        var all: [Int8] = [], scales: [Float] = []
        let count = Int64(rows.columns)
        withPlaces(rows, variant) { products, smooth in
            for row in Rows.rowScales.indices {
                var act = [Float](repeating: 0, count: rows.columns), lin = act
                var integers = [Int8](repeating: 0, count: rows.columns)
                let place = row * products.stride, scale = products.row_scale?[row] ?? 1
                kernels.dequantize(
                    count, 1, products.gate + place, products.gate_scale, scale, nil,
                    products.gate_bias, &act)
                kernels.dequantize(
                    count, 1, products.up + place, products.up_scale, scale, nil,
                    products.up_bias, &lin)
                kernels.activate(count, activation, act, lin, &act)
                if smooth.values != nil { kernels.multiply(count, smooth, &act) }
                scales.append(kernels.quantize(count, act, rounding, &integers))
                all += integers
            }
        }
        return Result(integers: all, scales: scales)
    }

    private static func withPlaces(
        _ rows: Rows, _ variant: Variant, _ body: (moe_gate_up, moe_row_factors) -> Void
    ) {
        // Nothing is past the last column of the last row but a page that cannot be read.
        let used = (Rows.rowScales.count - 1) * rows.stride + rows.columns
        guard let gate = GuardedMemory(Array(rows.gate.prefix(used)), touching: .after),
            let up = GuardedMemory(Array(rows.up.prefix(used)), touching: .after),
            let rowScale = GuardedMemory(Rows.rowScales, touching: .after),
            let factors = GuardedMemory(
                rows.gateScale + rows.upScale + rows.gateBias + rows.upBias + rows.smooth,
                touching: .after),
            let gatePlace = gate.elements.baseAddress, let upPlace = up.elements.baseAddress,
            let rowScalePlace = rowScale.elements.baseAddress,
            let place = factors.elements.baseAddress
        else { return }
        let columns = rows.columns
        body(
            moe_gate_up(
                gate: gatePlace, up: upPlace, stride: rows.stride, gate_scale: place,
                up_scale: place + columns,
                gate_bias: variant.isBiased ? UnsafePointer(place + 2 * columns) : nil,
                up_bias: variant.isBiased ? UnsafePointer(place + 3 * columns) : nil,
                row_scale: variant.hasRowScale ? UnsafePointer(rowScalePlace) : nil,
                activation: moe_activation()),
            moe_row_factors(
                values: variant.smoothStep.map { _ in UnsafePointer(place + 4 * columns) },
                step: variant.smoothStep ?? 0))
        withExtendedLifetime((gate, up, rowScale, factors)) {}
    }
}
