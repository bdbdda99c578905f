/// One pass, and the limits that were measured right behind its round.
///
/// What a machine can do may change from one second to the next, memory most of all, so a share of
/// a limit is a pass's own, and only the shares become a median.
struct BenchPass {
    let seconds: Double
    /// Bytes of weights that it touched.
    let weightBytes: Double
    let multiplyAdds: Double
    /// Bytes a second.
    let bandwidth: Double
    /// Multiply-adds a second.
    let multiplierPeak: Double

    var bandwidthRatio: Double { ratio(weightBytes, bandwidth) }
    var multiplierRatio: Double { ratio(multiplyAdds, multiplierPeak) }
    /// The share of the limit that binds.
    var limitRatio: Double { max(bandwidthRatio, multiplierRatio) }

    private func ratio(_ work: Double, _ rate: Double) -> Double {
        rate > 0 && seconds > 0 ? work / rate / seconds : 0
    }
}
