/// The first element of a block of a matrix's rows.
func withRows<Element>(
    of matrix: Matrix<Element>, _ rows: Range<Int>, _ body: (UnsafePointer<Element>) -> Void
) {
    matrix.elements.withUnsafeBufferPointer { elements in
        guard let base = elements.baseAddress else { return }
        body(base + rows.lowerBound * matrix.columns)
    }
}

/// The first element of an optional array, nil for none.
func withOptionalElements<Element, Result>(
    of array: [Element]?, _ body: (UnsafePointer<Element>?) -> Result
) -> Result {
    guard let array else { return body(nil) }
    return array.withUnsafeBufferPointer { body($0.baseAddress) }
}
