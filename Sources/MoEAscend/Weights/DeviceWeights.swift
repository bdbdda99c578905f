internal import MoE

/// A layer's experts on the device: int8 matrices, scales, and their descriptions for operators.
///
/// Used on the device's thread alone.
final class DeviceWeights {
    /// `[E, D, 2H]` int8.
    let gateUp: OwnedList
    /// `[E, H, D]` int8.
    let down: OwnedList
    /// `[E, 2H]` float32.
    let gateUpScale: OwnedTensor
    /// `[E, D]` in the type that the second GEMM wants.
    let downScale: OwnedList
    /// What activated rows are multiplied by, `[E, H]` float32; nil where no expert has factors.
    let smooth: UnsafeMutableRawPointer?
    private let smoothMemory: DeviceBuffer?
    /// The sizes.
    let shape: ExpertShape

    /// Allocates memory for experts, copies them there and describes them.
    ///
    /// - Parameters:
    ///   - experts: the experts, all of `shape`, checked.
    ///   - shape: their sizes.
    ///   - session: the device.
    /// - Throws: `memory` if they do not fit, what a call reports.
    init(
        _ experts: [Expert<QuantizedMatrix>], shape: ExpertShape, _ session: DeviceSession
    ) throws(AscendError) {
        let upload = WeightUpload(session), options = session.options
        let factorBytes = WeightUpload.smoothByteCount(of: experts, shape)
        try session.checkRoom(for: WeightUpload.byteCount(of: shape, options) + factorBytes)
        self.shape = shape
        if factorBytes > 0 {
            let memory = try upload.smoothFactors(experts, width: shape.expertWidth)
            smooth = memory.address
            smoothMemory = consume memory
        } else {
            smooth = nil
            smoothMemory = nil
        }
        gateUp = try upload.matrices(
            experts, \.gateUp.values, [shape.hiddenSize, 2 * shape.expertWidth], "gate·up weights")
        down = try upload.matrices(
            experts, \.down.values, [shape.expertWidth, shape.hiddenSize], "down weights")
        let gateUpScale = try upload.scales(
            experts, \.gateUp.scale, columns: 2 * shape.expertWidth, as: .float32, "gate·up scales")
        self.gateUpScale = OwnedTensor(gateUpScale.tensor, memory: gateUpScale.memory)
        let downScale = try upload.scales(
            experts, \.down.scale, columns: shape.hiddenSize, as: options.downScaleType,
            "down scales")
        self.downScale = OwnedList(
            try TensorList(downScale.tensor, session.library), memory: downScale.memory)
    }
}
