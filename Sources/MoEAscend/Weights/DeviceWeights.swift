internal import CANN
internal import MoE

/// A layer's experts on the device: int8 matrices, scales, and their descriptions for operators.
///
/// Used on the device's thread alone.
final class DeviceWeights {
    /// `[E, D, 2H]`, as a list.
    let gateUp: TensorList
    /// `[E, H, D]`, as a list.
    let down: TensorList
    /// `[E, 2H]` float32.
    let gateUpScale: DeviceTensor
    /// `[E, D]` in the type that the second GEMM wants, as a list.
    let downScale: TensorList
    /// The sizes.
    let shape: ExpertShape

    // The memory behind them.
    private let buffers: Buffers

    private struct Buffers: ~Copyable {
        let gateUp: DeviceBuffer
        let down: DeviceBuffer
        let gateUpScale: DeviceBuffer
        let downScale: DeviceBuffer
    }

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
        let sizes = WeightSizes(shape, session.options), library = session.library
        try session.checkRoom(for: sizes.total)
        let buffers = Buffers(
            gateUp: try DeviceBuffer(byteCount: sizes.gateUp, for: "gate·up weights", library),
            down: try DeviceBuffer(byteCount: sizes.down, for: "down weights", library),
            gateUpScale: try DeviceBuffer(
                byteCount: sizes.gateUpScale, for: "gate·up scales", library),
            downScale: try DeviceBuffer(byteCount: sizes.downScale, for: "down scales", library))
        var upload = WeightUpload(session)
        for (index, expert) in experts.enumerated() {
            try upload.copy(expert.gateUp.values, to: buffers.gateUp, matrix: index)
            try upload.copy(expert.down.values, to: buffers.down, matrix: index)
            try upload.copy(expert.gateUp.scale, as: .float32, to: buffers.gateUpScale, row: index)
            try upload.copy(
                expert.down.scale, as: session.options.downScaleType, to: buffers.downScale, row: index)
        }

        let layout = session.options.weightLayout, count = shape.expertCount
        let hidden = shape.hiddenSize, width = shape.expertWidth
        self.shape = shape
        gateUp = try TensorList(
            DeviceTensor(
                .int8, [count, hidden, 2 * width], at: buffers.gateUp.address, layout: layout,
                library), library)
        down = try TensorList(
            DeviceTensor(
                .int8, [count, width, hidden], at: buffers.down.address, layout: layout, library),
            library)
        gateUpScale = try DeviceTensor(
            .float32, [count, 2 * width], at: buffers.gateUpScale.address, library)
        downScale = try TensorList(
            DeviceTensor(
                session.options.downScaleType, [count, hidden], at: buffers.downScale.address, library),
            library)
        self.buffers = buffers
    }
}

/// The bytes that a layer's experts take on the device.
struct WeightSizes {
    let gateUp: Int
    let down: Int
    let gateUpScale: Int
    let downScale: Int

    /// The sizes for experts.
    init(_ shape: ExpertShape, _ options: AscendOptions) {
        let experts = shape.expertCount, hidden = shape.hiddenSize, width = shape.expertWidth
        // Blocked matrices are of the same size: their axes are multiples of the blocks'.
        gateUp = experts * 2 * width * hidden
        down = experts * hidden * width
        gateUpScale = experts * 2 * width * DeviceElement.float32.size
        downScale = experts * hidden * options.downScaleType.size
    }

    /// All of it.
    var total: Int { gateUp + down + gateUpScale + downScale }
}
