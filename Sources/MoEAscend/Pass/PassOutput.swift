internal import MoE

/// Rows of 16-bit floats as they come from the device.
struct PassOutput {
    let type: AscendOptions.Output
    /// The first of them on the host.
    let base: UnsafeRawPointer

    /// Widens values to float32, which is exact.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - out: receives them.
    func widen(_ count: Int, into out: UnsafeMutablePointer<Float>) {
        let bits = base.assumingMemoryBound(to: UInt16.self)
        switch type {
        case .bf16:
            for index in 0..<count { out[index] = BFloat16(bitPattern: bits[index]).widened }
        case .f16:
            for index in 0..<count { out[index] = Half(bitPattern: bits[index]).widened }
        }
    }
}
