import MoE

extension Linear {
    /// Projects rows, as many as there are.
    func callAsFunction(_ x: [Float]) -> [Float] {
        x.timesRows(of: weight.elements, depth: inputs)
    }

    /// The projection that takes a gradient of the result to one of the input, `g · W`.
    var transposed: Linear {
        Linear(
            weight: Matrix(rows: inputs, columns: outputs) { row, column in
                weight.elements[column * inputs + row]
            })
    }
}

extension Matrix<Float> {
    /// A matrix of its elements, each a function of its place.
    init(rows: Int, columns: Int, element: (Int, Int) -> Float) {
        self.init(rows: rows, columns: columns, repeating: 0)
        for row in 0..<rows {
            for column in 0..<columns { self[row, column] = element(row, column) }
        }
    }
}
