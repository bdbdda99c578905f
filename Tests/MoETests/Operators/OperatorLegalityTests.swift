import MoE
import Testing

@Suite("The matrix of legal combinations")
struct OperatorLegalityTests {
    enum Groups: CaseIterable { case none, counts, pairs }

    /// A cell: types of x and bias, groups, quantisation.
    struct Cell: Sendable, CustomStringConvertible {
        let x: ElementType
        let bias: ElementType?
        let groups: Groups
        let mode: String

        var description: String {
            "\(x.rawValue), bias \(bias?.rawValue ?? "none"), groups \(groups), \(mode)"
        }

        /// A call of the cell that Atlas takes if it takes any.
        func tensors() throws -> [String: Tensor] {
            let width = 64, groupCount = groups == .none ? 1 : 2
            var tensors = ["x": try tensor(x, [3, 2 * width])]
            if x == .i32 {
                tensors["weight_scale"] = try ones([groupCount, 2 * width])
                tensors["activation_scale"] = try ones([3])
            }
            if let bias { tensors["bias"] = try tensor(bias, [groupCount, 2 * width]) }
            if mode == "static" {
                tensors["quant_scale"] = try ones([groupCount, width])
                tensors["quant_offset"] = try ones([groupCount, width])
            }
            switch groups {
            case .none: break
            case .counts: tensors["group_index"] = try counts([1, 2])
            case .pairs: tensors["group_index"] = try pairs([[1, 1], [0, 2]])
            }
            return tensors
        }

        /// The swiglu modes that are legal with atlas.
        var atlasModes: Set<Int> {
            switch (groups, mode) {
            case (.none, _): [0]
            case (.counts, "dynamic") where bias == nil && x != .f16: [0, 1, 2, 3]
            default: []
            }
        }
    }

    static let biases: [ElementType?] = [nil, .i32, .f32, .f16, .bf16]
    static let types: [ElementType] = [.i32, .f16, .bf16]
    static let cells = types.flatMap { x in
        biases.flatMap { bias in
            Groups.allCases.flatMap { groups in
                ["static", "dynamic"].map { Cell(x: x, bias: bias, groups: groups, mode: $0) }
            }
        }
    }

    @Test("A cell takes the modes it should and refuses the others", arguments: cells)
    func cell(cell: Cell) throws {
        let tensors = try cell.tensors()
        let isLegal = cell.x == .i32 || cell.bias == nil
        for mode in 0..<4 {
            var options = DequantSwiGLUQuantOptions(
                quantMode: cell.mode, activateLeft: true, swigluMode: mode)
            #expect(rejection(tensors, options)?.code == (isLegal ? nil : .operatorE(13)))

            options.atlas = true
            let error = rejection(tensors, options)
            #expect((error == nil) == (isLegal && cell.atlasModes.contains(mode)), "mode \(mode)")
            if isLegal, let error { #expect(error.code.rawValue.hasPrefix("A")) }
        }
    }
}
