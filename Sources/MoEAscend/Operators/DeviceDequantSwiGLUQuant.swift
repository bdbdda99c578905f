internal import MoE

extension AscendDevice {
    /// The fused operator on its own; see ``AscendBackend/dequantSwiGLUQuant(_:threads:)``.
    func dequantSwiGLUQuant(
        _ call: DequantSwiGLUQuant
    ) throws(AscendError) -> QuantizedRows {
        try DeviceLimits.check(call, operators: library.operators)
        let rows = call.tokenCount, width = call.hiddenSize
        guard rows > 0 else {
            return QuantizedRows(
                values: Matrix(rows: 0, columns: width, unchecked: []), unchecked: [])
        }
        return try perform { session throws(AscendError) in
            let counts = call.groups?.counts ?? [Int64(rows)]
            let tables = OperatorTables(call, groups: counts.count)
            var places = TensorPlaces()
            let inputs = OperatorPlaces(tables, in: &places)
            let groupIndex = places.place(.int64, counts.count)
            let y = places.place(.int8, rows * width), scale = places.place(.float32, rows)
            let memory = try session.activations(places.byteCount)
            let input = try inputs.write(tables, to: memory, on: session)
            try session.write(counts, to: memory + groupIndex)
            // The kernel leaves rows past the groups as they are.
            try session.clear(memory + y, count: rows * width)
            try session.clear(memory + scale, count: rows * DeviceElement.float32.size)

            let stage = try ActivationStage(
                input, counts: memory + groupIndex, smooth: inputs.smooth.map { memory + $0 },
                .init(
                    size: (rows, width, counts.count), activation: call.activation, gate: call.gate),
                y: memory + y, scale: memory + scale, session)
            try session.complete { () throws(AscendError) in try stage.enqueue(on: session) }
            return QuantizedRows(
                values: Matrix(
                    rows: rows, columns: width,
                    unchecked: try session.read(rows * width, from: memory + y)),
                unchecked: try session.read(rows, from: memory + scale))
        }
    }
}
