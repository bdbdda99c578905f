internal import MoE

/// The tables of a call of the fused operator, in the shapes in which the device takes them.
struct OperatorTables {
    /// The rows, `[T, 2H]`.
    enum Rows {
        /// With a factor per column, `[G, 2H]`, and one per row, `[T]`.
        case accumulators([Int32], weightScale: [Float], rowScale: [Float])
        case bfloat16([BFloat16])
    }

    let rows: Rows
    /// Factors before the quantisation, `[G, H]`.
    let smooth: [Float]?
    /// 2H and G.
    let size: (columns: Int, groups: Int)

    /// The tables of a call that the device takes.
    init(_ call: DequantSwiGLUQuant, groups: Int) {
        size = (2 * call.hiddenSize, groups)
        switch call.input {
        case .accumulators(let x, let weightScale, let rowScale, _):
            // The device wants a factor per row; 1 is none.
            let ones = [Float](repeating: 1, count: x.rows)
            rows = .accumulators(
                x.elements, weightScale: weightScale.elements, rowScale: rowScale ?? ones)
        case .bfloat16(let x): rows = .bfloat16(x.elements)
        case .float16: rows = .bfloat16([])
        }
        guard case .dynamic(let smooth) = call.quantization else {
            self.smooth = nil
            return
        }
        switch smooth {
        case .perChannel(let factors): self.smooth = factors.elements
        case .perGroup(let factors):
            // One factor for a whole row is not a form that the device takes with groups.
            self.smooth = factors.flatMap { Array(repeating: $0, count: call.hiddenSize) }
        case nil: self.smooth = nil
        }
    }
}

/// Where the tables of a call lie on the device.
struct OperatorPlaces {
    private let rows: Int
    private let weightScale: Int
    private let rowScale: Int
    /// The place of the factors before the quantisation, if there are any.
    let smooth: Int?

    /// Sets places aside.
    init(_ tables: OperatorTables, in places: inout TensorPlaces) {
        switch tables.rows {
        case .accumulators(let x, let weightScale, let rowScale):
            rows = places.place(.int32, x.count)
            self.weightScale = places.place(.float32, weightScale.count)
            self.rowScale = places.place(.float32, rowScale.count)
        case .bfloat16(let x):
            rows = places.place(.bfloat16, x.count)
            weightScale = 0
            rowScale = 0
        }
        smooth = tables.smooth.map { places.place(.float32, $0.count) }
    }

    /// Copies the tables there.
    ///
    /// - Parameters:
    ///   - tables: the tables.
    ///   - memory: the memory that the places are in.
    ///   - session: the device.
    /// - Returns: the rows, as the operator's stage takes them.
    /// - Throws: what a call reports.
    func write(
        _ tables: OperatorTables, to memory: UnsafeMutableRawPointer, on session: DeviceSession
    ) throws(AscendError) -> ActivationStage.Input {
        if let smooth, let factors = tables.smooth {
            try session.write(factors, to: memory + smooth)
        }
        switch tables.rows {
        case .accumulators(let x, let weightScale, let rowScale):
            try session.write(x, to: memory + rows)
            try session.write(weightScale, to: memory + self.weightScale)
            try session.write(rowScale, to: memory + self.rowScale)
            let tensor = try DeviceTensor(
                .float32, [tables.size.groups, tables.size.columns],
                at: memory + self.weightScale, session.library)
            return .accumulators(
                memory + rows, weightScale: OwnedTensor(tensor), rowScale: memory + self.rowScale)
        case .bfloat16(let x):
            try session.write(x, to: memory + rows)
            return .bfloat16(memory + rows)
        }
    }
}
