/// Floats that are rows of a width which those who use them know.
extension [Float] {
    /// Every row times every row of other ones, `[rows, others]`.
    func timesRows(of others: [Float], depth: Int) -> [Float] {
        let rows = count / depth, columns = others.count / depth
        // An empty array made from memory writes to what all empty arrays share.
        guard rows * columns > 0 else { return [] }
        return [Float](unsafeUninitializedCapacity: rows * columns) { out, count in
            withUnsafeBufferPointer { x in
                others.withUnsafeBufferPointer { others in
                    guard let x = x.baseAddress, let others = others.baseAddress,
                        let out = out.baseAddress
                    else { return }
                    multiply(
                        x, rows: rows, by: others, stride: depth, columns: columns, depth: depth,
                        into: out)
                }
            }
            count = rows * columns
        }
    }

    /// `[rows, width]` as `[width, rows]`.
    func transposed(width: Int) -> [Float] {
        guard !isEmpty else { return [] }
        let rows = count / width
        return [Float](unsafeUninitializedCapacity: count) { out, initialized in
            for row in 0..<rows {
                for column in 0..<width { out[column * rows + row] = self[row * width + column] }
            }
            initialized = count
        }
    }

    /// Some columns of `[rows, width]`.
    func columns(_ range: Range<Int>, width: Int) -> [Float] {
        stride(from: 0, to: count, by: width).flatMap { start in
            self[start + range.lowerBound..<start + range.upperBound]
        }
    }

    /// Adds to some columns of `[rows, width]`.
    mutating func add(_ values: [Float], toColumns range: Range<Int>, width: Int) {
        for (row, start) in stride(from: 0, to: count, by: width).enumerated() {
            for column in range {
                self[start + column] += values[row * range.count + column - range.lowerBound]
            }
        }
    }

    /// The sums with the elements of as many other floats.
    func plus(_ others: [Float]) -> [Float] { zip(self, others).map { $0 + $1 } }
}
