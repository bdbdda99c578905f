import MoE

extension Linear {
    /// Projects rows, as many as there are.
    func callAsFunction(_ x: [Float]) -> [Float] {
        x.timesRows(of: weight.elements, depth: inputs)
    }

    /// The projection that takes a gradient of the result to one of the input, `g · W`.
    var transposed: Linear {
        var turned = Matrix<Float>(rows: inputs, columns: outputs, repeating: 0)
        for input in 0..<inputs {
            for output in 0..<outputs { turned[input, output] = weight[output, input] }
        }
        return Linear(weight: turned)
    }
}
