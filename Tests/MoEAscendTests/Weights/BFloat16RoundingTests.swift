import MoE
import MoEAscend
import Testing

@Suite("Rounding to bfloat16")
struct BFloat16RoundingTests {
    @Test("gives every bfloat16 back")
    func identity() {
        for bits in UInt16.min...UInt16.max {
            let value = BFloat16(bitPattern: bits).widened
            guard !value.isNaN else { continue }
            #expect(BFloat16(rounding: value).bitPattern == bits)
        }
    }

    @Test(
        "goes to the nearest one, from a tie to the even one",
        arguments: [
            (1 + 0x1p-9, 1), (1 + 0x1p-8, 1), (1 + 0x1p-8 + 0x1p-20, 1 + 0x1p-7),
            (1 + 3 * 0x1p-8, 1 + 0x1p-6), (-1 - 0x1p-8, -1), (1.9999999, 2),
            (Float.greatestFiniteMagnitude, .infinity), (0x1p-149, 0),
        ] as [(Float, Float)])
    func nearest(value: Float, rounded: Float) {
        #expect(BFloat16(rounding: value).widened == rounded)
    }

    @Test("keeps NaN and infinities")
    func special() {
        #expect(BFloat16(rounding: .nan).widened.isNaN)
        // A NaN whose payload is in the lower half alone must not become an infinity.
        #expect(BFloat16(rounding: Float(bitPattern: 0x7F80_0001)).widened.isNaN)
        #expect(BFloat16(rounding: -.infinity).widened == -.infinity)
    }
}
