internal import MoEKernels

// Rows of the operator's tables as its kernels take them.

extension Matrix {
    /// Calls `body` with the address of a row, or of a place in it, as elements of `type`, which
    /// has the layout of the matrix's own.
    func withRow<Bound>(
        _ row: Int, from column: Int = 0, as type: Bound.Type,
        _ body: (UnsafePointer<Bound>) -> Void
    ) {
        elements.withUnsafeBytes { bytes in
            let elements = bytes.bindMemory(to: type)
            guard let base = elements.baseAddress else { return }
            body(base + row * columns + column)
        }
    }
}

/// Calls `body` with the address of the elements of an array, or with none.
func withPlaces<Element>(in elements: [Element]?, _ body: (UnsafePointer<Element>?) -> Void) {
    guard let elements else { return body(nil) }
    elements.withUnsafeBufferPointer { body($0.baseAddress) }
}

extension DequantSwiGLUQuant.Bias? {
    /// Whether it is added to the products before these become floats.
    var isInteger: Bool {
        if case .int32 = self { true } else { false }
    }

    /// Calls `body` with a place in a group's row of the bias, in the type it has.
    func withRow(
        _ group: Int, from column: Int,
        _ body: (UnsafePointer<Int32>?, UnsafePointer<Float>?) -> Void
    ) {
        switch self {
        case .int32(let bias):
            bias.withRow(group, from: column, as: Int32.self) { body($0, nil) }
        case .float(let bias):
            bias.withRow(group, from: column, as: Float.self) { body(nil, $0) }
        case nil: body(nil, nil)
        }
    }
}

extension QuantFactors {
    /// Whether one factor stands for a whole row.
    var isPerGroup: Bool {
        if case .perGroup = self { true } else { false }
    }

    /// Calls `body` with the factors of a group.
    func withRow(_ group: Int, _ body: (moe_row_factors) -> Void) {
        switch self {
        case .perChannel(let factors):
            factors.withRow(group, as: Float.self) {
                body(moe_row_factors(values: $0, step: 1))
            }
        case .perGroup(let factors):
            withUnsafePointer(to: factors[group]) {
                body(moe_row_factors(values: $0, step: 0))
            }
        }
    }
}

extension QuantFactors? {
    /// Calls `body` with the factors of a group, or with none.
    func withRow(_ group: Int, _ body: (moe_row_factors) -> Void) {
        if let self {
            self.withRow(group, body)
        } else {
            body(moe_row_factors(values: nil, step: 0))
        }
    }
}
