package import MoE

extension BFloat16 {
    /// The nearest bfloat16, ties to even; NaN stays NaN.
    package init(rounding value: Float) {
        let bits = value.bitPattern
        guard !value.isNaN else {
            self.init(bitPattern: UInt16(bits >> 16) | 0x40)
            return
        }
        // Half of a step less one, and one more where the last kept bit is set. An overflow of the
        // fraction raises the exponent, as it should; the largest finite values become infinite.
        let rounded = bits + 0x7FFF + (bits >> 16 & 1)
        self.init(bitPattern: UInt16(rounded >> 16))
    }
}
