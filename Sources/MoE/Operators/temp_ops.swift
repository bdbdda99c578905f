#if canImport(Glibc)
internal import Glibc
#endif
func quantizeRow(_ v: UnsafePointer<Float>, count: Int, into q: UnsafeMutablePointer<Int8>) -> Float
{
    var m: Float = 0; var nan = false
    for i in 0..<count { let a = abs(v[i]); if a.isNaN { nan = true }; m = max(m, a) }
    if nan { m = .nan }
    let s = m / 127
    for i in 0..<count {
        q[i] =
            (s == 0 || !m.isFinite)
            ? 0 : Int8(max(-127, min(127, (v[i] / s).rounded(.toNearestOrEven))))
    }
    return s
}
extension Activation {
    func apply(
        rows: Int, width: Int, accumulators: UnsafePointer<Int32>, weightScale: [Float],
        activationScale: UnsafePointer<Float>, bias: [Float]?, scratch: UnsafeMutablePointer<Float>,
        values: UnsafeMutablePointer<Int8>, scale: UnsafeMutablePointer<Float>
    ) {
        for r in 0..<rows {
            for j in 0..<2 * width {
                scratch[j] =
                    Float(accumulators[r * 2 * width + j]) * weightScale[j] * activationScale[r]
            }
            for j in 0..<width {
                scratch[j] = scratch[j] / (1 + exp(-scratch[j])) * scratch[width + j]
            }
            scale[r] = quantizeRow(scratch, count: width, into: values + r * width)
        }
    }
    func apply(gateUp: UnsafePointer<Float>, width: Int, into h: UnsafeMutablePointer<Float>) {
        for j in 0..<width { h[j] = gateUp[j] / (1 + exp(-gateUp[j])) * gateUp[width + j] }
    }
}
