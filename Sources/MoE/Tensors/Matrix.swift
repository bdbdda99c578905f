/// A dense row-major matrix that owns its elements.
///
/// A value: copies share storage until one of them is written. A row is `columns` elements next
/// to each other. Either dimension may be 0.
///
/// ```swift
/// let hidden = try Matrix(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6] as [Float])
/// hidden[1, 0]  // 4
/// ```
public struct Matrix<Element: BitwiseCopyable & Sendable>: Sendable {
    /// How many rows.
    public let rows: Int
    /// How many elements a row has.
    public let columns: Int
    /// The elements, row after row.
    public private(set) var elements: [Element]

    /// A matrix of given elements.
    ///
    /// - Parameters:
    ///   - rows: how many rows.
    ///   - columns: how many elements a row has.
    ///   - elements: the elements, row after row.
    /// - Throws: `shape` if the number of elements is not `rows * columns`.
    public init(rows: Int, columns: Int, elements: [Element]) throws(MoEError) {
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard rows >= 0, columns >= 0, !overflow, elements.count == count else {
            throw MoEError(
                .shape, "matrix: \(elements.count) elements cannot fill [\(rows), \(columns)]")
        }
        self.init(rows: rows, columns: columns, unchecked: elements)
    }

    /// A matrix with the same value everywhere.
    public init(rows: Int, columns: Int, repeating value: Element) {
        self.init(
            rows: rows, columns: columns,
            unchecked: Array(repeating: value, count: rows * columns))
    }

    package init(rows: Int, columns: Int, unchecked elements: [Element]) {
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    /// A matrix whose elements `fill` writes, every one of them.
    package init(
        rows: Int, columns: Int, filledBy fill: (UnsafeMutablePointer<Element>) -> Void
    ) {
        self.init(
            rows: rows, columns: columns, unchecked: Array(count: rows * columns, filledBy: fill))
    }

    /// One element.
    public subscript(row: Int, column: Int) -> Element {
        get {
            precondition(column >= 0 && column < columns, "column outside the matrix")
            return elements[row * columns + column]
        }
        set {
            precondition(column >= 0 && column < columns, "column outside the matrix")
            elements[row * columns + column] = newValue
        }
    }

    /// The elements of one row.
    public func row(_ index: Int) -> ArraySlice<Element> {
        elements[index * columns..<(index + 1) * columns]
    }

    /// The elements in place, for a kernel to write; not called for an empty matrix.
    mutating func withUnsafeMutableElements(_ body: (UnsafeMutablePointer<Element>) -> Void) {
        elements.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress, !buffer.isEmpty { body(base) }
        }
    }

    /// `[rows, columns]` as errors print it.
    package var shapeText: String { "[\(rows), \(columns)]" }
}

extension Matrix: Equatable where Element: Equatable {}
