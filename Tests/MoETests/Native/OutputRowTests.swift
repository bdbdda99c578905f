import MoEKernels
import MoETestSupport
import Testing

/// What follows the second GEMM: products to rows, and rows to tokens.
@Suite("The rows of a down panel")
struct OutputRowTests {
    static let widths = [1, 5, 15, 16, 17, 31, 32, 33, 47, 48, 49, 96]

    private func base<Element>(
        _ memory: GuardedMemory<Element>?
    ) throws -> UnsafeMutablePointer<Element> {
        let memory = try #require(memory)
        return try #require(memory.elements.baseAddress)
    }

    @Test(
        "are the products times both scales, plus the bias, rounded at every step",
        arguments: availableISAs, widths)
    func scaled(isa: UInt32, width: Int) throws {
        let kernels = moe_expert_tiles_for(moe_isa(rawValue: isa)).pointee
        var random = SeededRandom(UInt64(width))
        let rows = 3, stride = (width + 15) / 16 * 16
        let products = (0..<(rows - 1) * stride + width).map { _ in
            Int32.random(in: .min ... .max, using: &random)
        }
        let rowScale = random.normals(rows, scale: 1)
        let channelScale = random.normals(width, scale: 0.001)
        let bias = random.normals(width, scale: 1)
        for hasBias in [false, true] {
            let memory = GuardedMemory(products, touching: .after)
            let scales = GuardedMemory(channelScale, touching: .after)
            let biases = GuardedMemory(bias, touching: .after)
            let factors = GuardedMemory(rowScale, touching: .after)
            let out = GuardedMemory([Float](repeating: .nan, count: rows * width), touching: .after)
            var tile = moe_output_rows(
                rows: rows, columns: width, products: try base(memory), product_stride: stride,
                row_scale: try base(factors), channel_scale: try base(scales),
                bias: hasBias ? try base(biases) : nil, out: try base(out), out_stride: width)
            kernels.scale_rows(&tile)
            for row in 0..<rows {
                for column in 0..<width {
                    var wanted = Float(products[row * stride + column]) * channelScale[column]
                    wanted *= rowScale[row]
                    if hasBias { wanted += bias[column] }
                    let found = try #require(out).elements[row * width + column]
                    #expect(found == wanted, "row \(row), column \(column), bias: \(hasBias)")
                }
            }
            withExtendedLifetime((memory, scales, biases, factors)) {}
        }
    }

    @Test(
        "are summed in the order of a token's slots, the token itself where there is no row",
        arguments: availableISAs, widths)
    func summed(isa: UInt32, width: Int) throws {
        let kernels = moe_expert_tiles_for(moe_isa(rawValue: isa)).pointee
        var random = SeededRandom(UInt64(width))
        let stride = (width + 15) / 16 * 16, slots = 3
        let rowOf: [Int32] = [2, -1, 0, 1, 2, 3]
        let rows = random.normals(4 * stride, scale: 1)
        let weights = random.normals(rowOf.count, scale: 1)
        let hidden = random.normals(2 * width, scale: 1)
        let memory = GuardedMemory(rows, touching: .after)
        let tokens = GuardedMemory(hidden, touching: .after)
        let out = GuardedMemory([Float](repeating: .nan, count: 2 * width), touching: .after)
        let places = GuardedMemory(rowOf, touching: .after)
        let factors = GuardedMemory(weights, touching: .after)
        var sum = moe_slot_sum(
            tokens: 2, slots: slots, columns: width, rows: try base(memory), row_stride: stride,
            row_of: try base(places), weights: try base(factors), hidden: try base(tokens),
            out: try base(out), width: width)
        kernels.sum_slots(&sum)
        for token in 0..<2 {
            for column in 0..<width {
                var wanted: Float = 0
                for slot in token * slots..<(token + 1) * slots {
                    let row = Int(rowOf[slot])
                    wanted +=
                        weights[slot]
                        * (row < 0 ? hidden[token * width + column] : rows[row * stride + column])
                }
                let found = try #require(out).elements[token * width + column]
                #expect(found == wanted, "token \(token), column \(column)")
            }
        }
        withExtendedLifetime((memory, tokens, places, factors)) {}
    }
}
