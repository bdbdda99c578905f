/// e to the power of every lane, within a few units in the last place; ends in ±88 are clamped.
///
/// `e^x = 2^n * e^r` with n the nearest integer to `x / ln 2`; e^r is a Taylor polynomial.
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
    let rounder = SIMD8<Float>(repeating: 12_582_912)
    let x = x.clamped(lowerBound: .init(repeating: -87), upperBound: .init(repeating: 88))
    let shifted = x * Float(1.442_695_04) + rounder
    let n = shifted - rounder
    // ln 2 in two parts, the first of few bits, so that n times it is exact.
    let r = (x - n * Float(0.693_359_375)) + n * Float(2.121_944_4e-4)
    var sum = SIMD8<Float>(repeating: 1 / 720)
    for coefficient: Float in [1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1] {
        sum = sum * r + coefficient
    }
    let bits = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23
    return unsafeBitCast(unsafeBitCast(sum, to: SIMD8<UInt32>.self) &+ bits, to: SIMD8<Float>.self)
}

/// Replaces scores by their softmax: `e^(s - max) / Σ`.
///
/// - Parameters:
///   - scores: the scores.
///   - count: how many; at least one.
///   - scale: what every score is multiplied by first; above 0.
func softmax(_ scores: UnsafeMutablePointer<Float>, count: Int, scale: Float) {
    var greatest = scores[0]
    for index in 1..<max(count, 1) { greatest = max(greatest, scores[index]) }
    var sum = SIMD8<Float>()
    forEachEight(scores, count: count) { lanes, used in
        lanes = exponential((lanes - greatest) * scale)
        lanes.replace(with: 0, where: .!used)
        sum += lanes
    }
    let factor = 1 / sum.sum()
    for index in 0..<count { scores[index] *= factor }
}

/// `gate = silu(gate) * up` with `silu(x) = x / (1 + e^-x)`.
func swiGLU(_ gate: UnsafeMutablePointer<Float>, up: UnsafePointer<Float>, count: Int) {
    forEachEight(gate, count: count) { lanes, _ in lanes /= 1 + exponential(-lanes) }
    for index in 0..<count { gate[index] *= up[index] }
}

/// Lets `body` rewrite floats eight by eight; the lanes behind the last one are zero, and not used.
@inline(__always)
private func forEachEight(
    _ values: UnsafeMutablePointer<Float>, count: Int,
    _ body: (inout SIMD8<Float>, _ used: SIMDMask<SIMD8<Int32>>) -> Void
) {
    let whole = count & ~7, memory = UnsafeMutableRawPointer(values)
    for index in stride(from: 0, to: whole, by: 8) {
        let offset = index * MemoryLayout<Float>.stride
        var lanes = memory.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
        body(&lanes, SIMDMask(repeating: true))
        memory.storeBytes(of: lanes, toByteOffset: offset, as: SIMD8<Float>.self)
    }
    guard whole < count else { return }
    var lanes = SIMD8<Float>(), used = SIMDMask<SIMD8<Int32>>(repeating: false)
    for lane in 0..<count - whole {
        lanes[lane] = values[whole + lane]
        used[lane] = true
    }
    body(&lanes, used)
    for lane in 0..<count - whole { values[whole + lane] = lanes[lane] }
}
