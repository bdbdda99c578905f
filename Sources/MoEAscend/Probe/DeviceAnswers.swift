internal import CANN
internal import MoE

extension AscendBackend {
    /// What only a device can tell: which calls its release of CANN plans, and whether it lets them
    /// be run again.
    ///
    /// Nothing is run; every question is one first phase.
    ///
    /// - Returns: a line for each question.
    package func answers() -> [ProbeLine] {
        let widths = [10432, 10496, 10560].map { columns in
            answer("2H = \(columns)") { ask throws(AscendError) in
                try ask.planActivation(columns: columns)
            }
        }
        let groups = [
            answer("no group_index") { ask throws(AscendError) in
                try ask.planActivation(columns: 64, hasGroups: false)
            },
            answer("counts of one group") { ask throws(AscendError) in
                try ask.planProduct(scale: nil, output: .int32, groupsAreCounts: true)
            },
        ]
        let types: [(String, scale: DeviceElement, output: DeviceElement)] = [
            ("bf16 scale to bf16", .bfloat16, .bfloat16),
            ("f32 scale to bf16", .float32, .bfloat16), ("f32 scale to f16", .float32, .float16),
        ]
        return widths + groups
            + types.map { name, scale, output in
                answer(name) { ask throws(AscendError) in
                    try ask.planProduct(scale: scale, output: output, groupsAreCounts: false)
                }
            }
    }

    private func answer(
        _ name: String, _ ask: (DeviceQuestions) throws(AscendError) -> String
    ) -> ProbeLine {
        let asked = line(name) { session throws(AscendError) in
            try ask(
                DeviceQuestions(
                    session: session, memory: try session.activations(DeviceQuestions.byteCount)))
        }
        // No answer is wrong: the backend asks for none of these where releases differ.
        return ProbeLine(name, .note, asked.text)
    }
}

/// Plans operators on tensors that nothing is ever written to.
private struct DeviceQuestions {
    static let byteCount = 1 << 20

    let session: DeviceSession
    let memory: UnsafeMutableRawPointer
    private var library: CANNLibrary { session.library }

    /// Plans the fused operator for one row.
    func planActivation(columns: Int, hasGroups: Bool = true) throws(AscendError) -> String {
        let x = try DeviceTensor(.int32, [1, columns], at: memory, library)
        let weightScale = try DeviceTensor(.float32, [1, columns], at: memory, library)
        let rowScale = try DeviceTensor(.float32, [1], at: memory, library)
        let counts = try DeviceTensor(.int64, [1], at: memory, library)
        let y = try DeviceTensor(.int8, [1, columns / 2], at: memory, library)
        let scale = try DeviceTensor(.float32, [1], at: memory, library)
        let function = try library.operators.activation(.plain)
        let answer = plan(function.call.name) { size, executor in
            function.plan(
                ActivationArguments(
                    x: x.handle, weightScale: weightScale.handle, rowScale: rowScale.handle,
                    smooth: nil, groups: hasGroups ? counts.handle : nil, gateIsLeft: true,
                    activation: .plain, y: y.handle, scale: scale.handle), size, executor)
        }
        // Executors may read tensors until they are gone.
        extendLifetime(x)
        extendLifetime(weightScale)
        extendLifetime(rowScale)
        extendLifetime(counts)
        extendLifetime(y)
        extendLifetime(scale)
        return answer
    }

    /// Plans a product of one row with one matrix `[64, 64]`.
    func planProduct(
        scale: DeviceElement?, output: DeviceElement, groupsAreCounts: Bool
    ) throws(AscendError) -> String {
        let x = try list(.int8, [1, 64]), out = try list(output, [1, 64])
        let weights = try TensorList(
            DeviceTensor(
                .int8, [1, 64, 64], at: memory, layout: session.options.weightLayout, library),
            library)
        let counts = try DeviceTensor(.int64, [1], at: memory, library)
        let channel = try list(scale ?? .float32, [1, 64]), row = try list(.float32, [1])
        let function = try library.operators.groupedMatmul(session.options.weightFormat)
        let answer = plan(function.call.name) { size, executor in
            function.plan(
                GroupedMatmulArguments(
                    x: x.handle, weights: weights.handle,
                    channelScale: scale == nil ? nil : channel.handle,
                    rowScale: scale == nil ? nil : row.handle, groups: counts.handle,
                    groupsAreCounts: groupsAreCounts, out: out.handle), size, executor)
        }
        extendLifetime(x)
        extendLifetime(out)
        extendLifetime(weights)
        extendLifetime(counts)
        extendLifetime(channel)
        extendLifetime(row)
        return answer
    }

    private func list(_ element: DeviceElement, _ shape: [Int]) throws(AscendError) -> TensorList {
        try TensorList(DeviceTensor(element, shape, at: memory, library), library)
    }

    /// What a first phase says, and whether its executor may be run again.
    private func plan(
        _ name: String,
        _ plan: (UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<OpaquePointer?>) -> cann_status
    ) -> String {
        var size: UInt64 = 0, handle: OpaquePointer?
        let status = plan(&size, &handle)
        guard status == CANN_ACL_SUCCESS, let handle else {
            return "refused, " + library.failure(status, "\(name)GetWorkspaceSize").message
        }
        let executor = OperatorExecutor(handle, library)
        let isRepeatable = library.makeRepeatable(executor.handle)
        return "accepted, workspace \(byteText(Int(clamping: size))), "
            + (isRepeatable ? "repeatable" : "once only")
    }
}
