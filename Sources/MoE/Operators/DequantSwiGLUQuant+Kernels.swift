internal import MoEKernels

/// Dequantises, activates and quantises rows: Ascend's `npu_dequant_swiglu_quant`.
///
/// Every operation is rounded once to float32 in the operator's order; only the exponential may
/// be one unit in the last place away from ``dequantSwiGLUQuantReference(_:)``, which can move an
/// integer by 1 where its quotient is next to a tie. A row's result depends on no other row.
///
/// - Parameters:
///   - call: the input and the options.
///   - backend: what computes it; nil for this library's kernels.
///   - threads: the most threads to use; nil for one per processor. The result is the same.
/// - Returns: `values` `[T, H]` and `scale` `[T]`; rows past the groups are 0 with scale 0.
/// - Throws: what ``DequantSwiGLUQuant/validate()`` throws; `unsupported` and what else a backend
///   reports.
public func dequantSwiGLUQuant(
    _ call: DequantSwiGLUQuant, backend: (any ExpertBackend)? = nil, threads: Int? = nil
) throws(MoEError) -> QuantizedRows {
    guard let backend else {
        return try dequantSwiGLUQuant(call, threads: threads, kernels: .chosen)
    }
    return try backend.dequantSwiGLUQuant(call, threads: WorkerPool.threadCount(threads))
}

/// The operator with the kernels of a given instruction set.
package func dequantSwiGLUQuant(
    _ call: DequantSwiGLUQuant, threads: Int? = nil, kernels: OperatorKernels
) throws(MoEError) -> QuantizedRows {
    try call.validate()
    let tokenCount = call.tokenCount
    let rowsPerTile = 16
    let runs = call.groupedRows
    var scale = [Float](repeating: 0, count: tokenCount)
    let values = Matrix<Int8>(rows: tokenCount, columns: call.hiddenSize) { values in
        scale.withUnsafeMutableBufferPointer { scale in
            WorkerPool.shared.run(
                tiles: (tokenCount + rowsPerTile - 1) / rowsPerTile,
                threads: WorkerPool.threadCount(threads)
            ) { tile, _ in
                let first = tile * rowsPerTile
                call.run(
                    rows: first..<min(first + rowsPerTile, tokenCount), of: runs,
                    kernels: kernels, values: values, scale: scale)
            }
        }
    }
    return QuantizedRows(values: values, unchecked: scale)
}

extension DequantSwiGLUQuant {
    /// Computes a range of the rows of a validated call.
    ///
    /// - Parameters:
    ///   - rows: which rows.
    ///   - runs: the runs of rows that have a group, ``groupedRows``.
    ///   - kernels: the kernels to use.
    ///   - values: the whole result, `[T, H]`; the given rows of it are written.
    ///   - scale: the scales of the whole result, `[T]`; the given rows of it are written.
    fileprivate func run(
        rows: Range<Int>, of runs: [(rows: Range<Int>, group: Int)], kernels: OperatorKernels,
        values: UnsafeMutablePointer<Int8>, scale: UnsafeMutableBufferPointer<Float>
    ) {
        let width = hiddenSize
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * width) { scratch in
            guard let scratch = scratch.baseAddress else { return }
            let pipeline = RowPipeline(
                kernels: kernels, activation: activation, gateIsFirst: gateIsFirst, width: width,
                scratch: scratch)
            for (run, group) in runs {
                for row in run.clamped(to: rows) {
                    pipeline.activate(input, row: row, group: group)
                    scale[row] = pipeline.quantize(
                        quantization, group: group, rounding: rounding,
                        into: values + row * width)
                }
            }
        }
        for row in rows.clamped(to: (groups?.rowCount ?? tokenCount)..<tokenCount) {
            (values + row * width).update(repeating: 0, count: width)
            scale[row] = 0
        }
    }

    /// Whether the gate columns stand before the up columns, once interleaved ones are split.
    private var gateIsFirst: Bool { activation.step == 2 || gate == .left }

    private var rounding: moe_scale_rounding {
        guard atlas else { return MOE_SCALE_DIVIDED }
        return groups == nil ? MOE_SCALE_INVERTED : MOE_SCALE_MULTIPLIED
    }
}

extension SwiGLU {
    /// From one gate column to the next.
    fileprivate var step: Int {
        if case .interleavedClamped = self { 2 } else { 1 }
    }
}

/// The steps of a row, on a scratch row of 2H floats.
private struct RowPipeline {
    let kernels: OperatorKernels
    let activation: SwiGLU
    let gateIsFirst: Bool
    let width: Int
    let scratch: UnsafeMutablePointer<Float>

    private var functions: moe_dsq_kernels { kernels.table.functions }

    /// D1–D5 and the SwiGLU, into the first half of the scratch row.
    func activate(_ input: DequantSwiGLUQuant.Input, row: Int, group: Int) {
        switch input {
        case .float16(let x):
            widen(x, row: row, functions.widen_f16)
        case .bfloat16(let x):
            widen(x, row: row, functions.widen_bf16)
        case .accumulators(let x, let weightScale, let activationScale, let bias):
            let scale = activationScale?[row] ?? 1
            x.withRow(row, as: Int32.self) { x in
                weightScale.withRow(group, as: Float.self) { weightScale in
                    bias.withRow(group, from: 0) { integers, floats in
                        if activation.step == 1 && integers == nil {
                            activate(x, weightScale, scale, floats)
                        } else {
                            dequantizeAndActivate(x, weightScale, scale, integers, floats)
                        }
                    }
                }
            }
        }
    }

    /// Halves of products without a bias of integers, in one go.
    private func activate(
        _ x: UnsafePointer<Int32>, _ weightScale: UnsafePointer<Float>, _ scale: Float,
        _ bias: UnsafePointer<Float>?
    ) {
        let gate = gateIsFirst ? 0 : width, up = width - gate
        kernels.activate(
            ProductRow(
                count: width, gate: x + gate, up: x + up, gateScale: weightScale + gate,
                upScale: weightScale + up, gateBias: bias.map { $0 + gate },
                upBias: bias.map { $0 + up }, scale: scale),
            activation.parameters, scratch: scratch, into: scratch)
    }

    /// Any products: interleaved columns are split into halves, gate first, and then activated.
    private func dequantizeAndActivate(
        _ x: UnsafePointer<Int32>, _ weightScale: UnsafePointer<Float>, _ scale: Float,
        _ integers: UnsafePointer<Int32>?, _ floats: UnsafePointer<Float>?
    ) {
        let step = activation.step, count = Int64(2 * width / step)
        for part in 0..<step {
            functions.dequantize(
                count, Int64(step), x + part, weightScale + part, scale,
                integers.map { $0 + part }, floats.map { $0 + part }, scratch + part * width)
        }
        activateScratch()
    }

    private func widen<Element>(
        _ x: Matrix<Element>, row: Int,
        _ widen: (Int64, Int64, UnsafePointer<UInt16>, UnsafeMutablePointer<Float>) -> Void
    ) {
        let step = activation.step
        for part in 0..<step {
            x.withRow(row, from: part, as: UInt16.self) {
                widen(Int64(2 * width / step), Int64(step), $0, scratch + part * width)
            }
        }
        activateScratch()
    }

    private func activateScratch() {
        functions.activate(
            Int64(width), activation.parameters, gateIsFirst ? scratch : scratch + width,
            gateIsFirst ? scratch + width : scratch, scratch)
    }

    /// Q1–Q6 or P1–P4 of the scratch row; returns the scale.
    func quantize(
        _ quantization: DequantSwiGLUQuant.Quantization, group: Int,
        rounding: moe_scale_rounding, into values: UnsafeMutablePointer<Int8>
    ) -> Float {
        let count = Int64(width)
        switch quantization {
        case .dynamic(let smooth):
            if let smooth {
                smooth.withRow(group) { functions.multiply(count, $0, scratch) }
            }
            return functions.quantize(count, scratch, rounding, values)
        case .static(let scale, let offset):
            let invert = rounding != MOE_SCALE_DIVIDED && scale.isPerGroup
            scale.withRow(group) { divisors in
                offset.withRow(group) { offsets in
                    functions.quantize_static(count, scratch, divisors, invert, offsets, values)
                }
            }
        case .rounded:
            let none = moe_row_factors(values: nil, step: 0)
            functions.quantize_static(count, scratch, none, false, none, values)
        }
        return 0
    }
}
