import MoE
import MoECheckpoint
import Testing

/// Every code of every small float.
@Suite("Small floats")
struct SmallFloatTests {
    /// A sign, an exponent and a mantissa as the definition has them, in `Double`.
    static func defined(_ code: Int, exponent: Int, mantissa: Int, bias: Int) -> Double {
        let sign = code >> (exponent + mantissa) == 0 ? 1.0 : -1
        let e = code >> mantissa & (1 << exponent - 1)
        let fraction = Double(code & (1 << mantissa - 1)) / Double(1 << mantissa)
        func power(_ n: Int) -> Double { Double(sign: .plus, exponent: n, significand: 1) }
        return sign * (e == 0 ? fraction * power(1 - bias) : (1 + fraction) * power(e - bias))
    }

    @Test(
        "every code is what the definition says",
        arguments: [
            (.e4m3, 4, 3, 7, [0x7F, 0xFF]),
            (.e5m2, 5, 2, 15, [0x7D, 0x7E, 0x7F, 0xFD, 0xFE, 0xFF]),
            (.e4m3fnuz, 4, 3, 8, [0x80]), (.e5m2fnuz, 5, 2, 16, [0x80]),
        ] as [(SmallFloat, Int, Int, Int, [Int])])
    func codes(kind: SmallFloat, exponent: Int, mantissa: Int, bias: Int, nans: [Int]) {
        for code in 0...255 {
            let value = kind.value(UInt8(code))
            if nans.contains(code) {
                #expect(value.isNaN, "\(code)")
            } else if kind == .e5m2, code & 0x7F == 0x7C {
                #expect(value == (code < 128 ? .infinity : -.infinity))
            } else {
                let defined = Self.defined(
                    code, exponent: exponent, mantissa: mantissa, bias: bias)
                #expect(Double(value) == defined, "\(code)")
                #expect(value.sign == (code < 128 ? .plus : .minus), "\(code)")
            }
        }
    }

    @Test("greatest and least numbers")
    func extremes() {
        #expect(SmallFloat.e4m3.value(0x7E) == 448 && SmallFloat.e4m3.value(0x01) == 0x1p-9)
        #expect(SmallFloat.e5m2.value(0x7B) == 57344 && SmallFloat.e5m2.value(0x81) == -0x1p-16)
        #expect(SmallFloat.e4m3fnuz.value(0x7F) == 240 && SmallFloat.e4m3fnuz.value(1) == 0x1p-10)
        #expect(SmallFloat.e5m2fnuz.value(0xFF) == -57344)
    }

    @Test("E8M0 is a power of two down to a subnormal, and 0xFF is no number")
    func powers() {
        for code in 0...254 {
            #expect(
                Double(SmallFloat.e8m0.value(UInt8(code)))
                    == Double(sign: .plus, exponent: code - 127, significand: 1))
        }
        #expect(SmallFloat.e8m0.value(0).isSubnormal)
        #expect(SmallFloat.e8m0.value(255).isNaN)
    }

    @Test("E2M1 has eight magnitudes; its upper four bits are another element's")
    func fourBits() {
        let magnitudes: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
        for code in 0...255 {
            let value = SmallFloat.e2m1.value(UInt8(code))
            #expect(value.magnitude == magnitudes[code & 7])
            #expect(value.sign == (code & 8 == 0 ? .plus : .minus))
        }
    }
}
