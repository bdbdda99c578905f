import MoE
import MoECheckpoint
import Testing

/// The weight quantiser against values worked out by hand.
@Suite("Weight quantiser")
struct WeightQuantizerTests {
    func quantize(_ row: [Float]) -> (values: [Int8], scale: Float)? {
        var values = [Int8](repeating: 99, count: row.count)
        let scale = row.withUnsafeBufferPointer { row in
            values.withUnsafeMutableBufferPointer { values in
                values.baseAddress.flatMap { WeightQuantizer.quantize(row, into: $0) }
            }
        }
        return scale.map { (values, $0) }
    }

    @Test(
        "scale and values are exact",
        arguments: [
            // Ties to even: the scale is 1, and then 2.
            ([127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5], [127, 0, 2, 2, 0, -2, -2, 126], 1),
            ([-254, 1, 3, 5, -1, -3, 253], [-127, 0, 2, 2, 0, -2, 126], 2),
            // Just beside a tie.
            (
                [127, (0.5 as Float).nextUp, (1.5 as Float).nextDown, -(2.5 as Float).nextUp],
                [127, 1, 1, -3], 1
            ),
            // The worked example: 0.5 and 0.25 of a row whose scale is 1/127.
            ([1, 0.5, -0.25, 0.125], [127, 64, -32, 16], 1 / 127 as Float),
            // Negative zero, rows of zeros, a single value.
            ([-0.0, 127], [0, 127], 1),
            ([0, -0.0, 0], [0, 0, 0], 0),
            ([-3], [-127], 3 / 127 as Float),
            // Subnormal rows: the scale underflows to 0; is the least number; clamps 190 to 127.
            ([Float(bitPattern: 63), -Float(bitPattern: 1)], [0, 0], 0),
            ([Float(bitPattern: 64), -Float(bitPattern: 3)], [64, -3], .leastNonzeroMagnitude),
            (
                [Float(bitPattern: 190), -Float(bitPattern: 190), Float(bitPattern: 7)],
                [127, -127, 7], .leastNonzeroMagnitude
            ),
            // The greatest number.
            (
                [.greatestFiniteMagnitude, -.greatestFiniteMagnitude], [127, -127],
                Float.greatestFiniteMagnitude / 127
            ),
        ] as [([Float], [Int8], Float)])
    func hand(row: [Float], values: [Int8], scale: Float) throws {
        let result = try #require(quantize(row))
        #expect(result.values == values)
        #expect(result.scale.bitPattern == scale.bitPattern)
    }

    @Test("agrees with the definition on many rows")
    func definition() throws {
        var generator = SystemRandomNumberGenerator()
        for count in [1, 3, 16, 67, 1000] {
            let magnitude = Float.random(in: 1e-30...1e30, using: &generator)
            let row = (0..<count).map { _ in
                Float.random(in: -magnitude...magnitude, using: &generator)
            }
            let result = try #require(quantize(row))
            let scale = row.reduce(0) { max($0, $1.magnitude) } / 127
            #expect(result.scale == scale)
            #expect(
                result.values
                    == row.map { Int8(max(-127, min(127, ($0 / scale).rounded(.toNearestOrEven)))) }
            )
        }
    }

    @Test(
        "a row with NaN or infinity has no result", arguments: [Float.nan, .infinity, -.infinity])
    func notFinite(value: Float) {
        #expect(quantize([1, value, 2]) == nil)
        #expect(quantize([value]) == nil)
    }
}
