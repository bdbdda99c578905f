internal import MoEKernels

/// Takes rows of a validated call through the operator's kernels.
struct RowPipeline {
    let call: DequantSwiGLUQuant
    let kernels: OperatorKernels
    /// 2H floats.
    let scratch: UnsafeMutablePointer<Float>
    /// The whole result, `[T, H]` and `[T]`.
    let values: UnsafeMutablePointer<Int8>
    let scale: UnsafeMutablePointer<Float>

    private var functions: moe_dsq_kernels { kernels.table.functions }
    private var width: Int { call.hiddenSize }
    /// From one gate column to the next.
    private var step: Int { call.activation.step }
    /// Whether the gate columns stand before the up columns, once interleaved ones are split.
    private var gateIsFirst: Bool { step == 2 || call.gate == .left }

    private var rounding: moe_scale_rounding {
        guard call.atlas else { return MOE_SCALE_DIVIDED }
        return call.groups == nil ? MOE_SCALE_INVERTED : MOE_SCALE_MULTIPLIED
    }

    /// Computes rows of one group.
    func run(_ rows: Range<Int>, group: Int) {
        if case .accumulators(let x, let weightScale, let activationScale, let bias) = call.input,
            step == 1, !bias.isInteger
        {
            weightScale.withRow(group, as: Float.self) { weightScale in
                bias.withRow(group, from: 0) { _, bias in
                    run(rows, group: group, x, weightScale, activationScale, bias)
                }
            }
        } else {
            for row in rows {
                activate(row, group: group)
                quantize(row, group: group)
            }
        }
    }

    /// Products in halves: a row is read once.
    private func run(
        _ rows: Range<Int>, group: Int, _ x: Matrix<Int32>, _ weightScale: UnsafePointer<Float>,
        _ activationScale: [Float]?, _ bias: UnsafePointer<Float>?
    ) {
        let gate = gateIsFirst ? 0 : width, up = width - gate, first = rows.lowerBound
        x.withRow(first, as: Int32.self) { x in
            withPlaces(in: activationScale) { activationScale in
                let products = moe_gate_up(
                    gate: x + gate, up: x + up, stride: 2 * width, gate_scale: weightScale + gate,
                    up_scale: weightScale + up, gate_bias: bias.map { $0 + gate },
                    up_bias: bias.map { $0 + up }, row_scale: activationScale.map { $0 + first },
                    activation: call.activation.parameters)
                if case .dynamic(let smooth) = call.quantization {
                    quantize(products, rows, smooth, group: group)
                } else {
                    for (place, row) in rows.enumerated() {
                        kernels.activate(products, row: place, columns: width, scratch: scratch)
                        quantize(row, group: group)
                    }
                }
            }
        }
    }

    private func quantize(
        _ products: moe_gate_up, _ rows: Range<Int>, _ smooth: QuantFactors?, group: Int
    ) {
        smooth.withRow(group) { smooth in
            var tile = moe_product_rows(
                rows: rows.count, columns: width, products: products, smooth: smooth,
                rounding: rounding, scratch: scratch, y: values + rows.lowerBound * width,
                y_stride: width, scale: scale + rows.lowerBound)
            functions.quantize_products(&tile)
        }
    }

    /// D1–D5 and the SwiGLU of any row, into the first half of the scratch memory.
    private func activate(_ row: Int, group: Int) {
        for part in 0..<step {
            let count = Int64(2 * width / step), out = scratch + part * width
            switch call.input {
            case .float16(let x):
                x.withRow(row, from: part, as: UInt16.self) {
                    functions.widen_f16(count, Int64(step), $0, out)
                }
            case .bfloat16(let x):
                x.withRow(row, from: part, as: UInt16.self) {
                    functions.widen_bf16(count, Int64(step), $0, out)
                }
            case .accumulators(let x, let weightScale, let activationScale, let bias):
                x.withRow(row, from: part, as: Int32.self) { x in
                    weightScale.withRow(group, from: part, as: Float.self) { weightScale in
                        bias.withRow(group, from: part) { integers, floats in
                            functions.dequantize(
                                count, Int64(step), x, weightScale, activationScale?[row] ?? 1,
                                integers, floats, out)
                        }
                    }
                }
            }
        }
        let gate = gateIsFirst ? 0 : width
        functions.activate(
            Int64(width), call.activation.parameters, scratch + gate, scratch + width - gate,
            scratch)
    }

    /// Q1–Q6 or P1–P4 of the scratch row.
    private func quantize(_ row: Int, group: Int) {
        let count = Int64(width), values = values + row * width
        scale[row] = 0
        switch call.quantization {
        case .dynamic(let smooth):
            if let smooth {
                smooth.withRow(group) { functions.multiply(count, $0, scratch) }
            }
            scale[row] = functions.quantize(count, scratch, rounding, values)
        case .static(let divisor, let offset):
            let invert = rounding != MOE_SCALE_DIVIDED && divisor.isPerGroup
            divisor.withRow(group) { divisors in
                offset.withRow(group) { offsets in
                    functions.quantize_static(count, scratch, divisors, invert, offsets, values)
                }
            }
        case .rounded:
            let none = moe_row_factors(values: nil, step: 0)
            functions.quantize_static(count, scratch, none, false, none, values)
        }
    }
}

extension SwiGLU {
    /// From one gate column to the next.
    fileprivate var step: Int {
        if case .interleavedClamped = self { 2 } else { 1 }
    }
}
