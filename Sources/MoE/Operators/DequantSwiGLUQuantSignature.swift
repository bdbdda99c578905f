/// The tensors of the operator, named as its page and files name them.
package enum DequantSwiGLUQuantTensor: String, CaseIterable, Sendable {
    case x
    case weightScale = "weight_scale"
    case activationScale = "activation_scale"
    case bias
    case quantScale = "quant_scale"
    case quantOffset = "quant_offset"
    case groupIndex = "group_index"
}

/// A call of the operator without its elements: types, shapes, groups and options.
///
/// All rules are checked on this value, once and in the published order, whether the call came
/// as typed values or as tensors of a file.
struct DequantSwiGLUQuantSignature {
    typealias Name = DequantSwiGLUQuantTensor

    /// What is known of a tensor before its elements are read.
    struct Entry {
        var type: ElementType
        var shape: [Int]

        /// `F32 [3, 4]`, as errors print it.
        var text: String { "\(type.rawValue) \(shape)" }
    }

    /// The rows of group_index as they were given, valid or not.
    struct GroupRow {
        var id: Int64
        var count: Int64
    }

    /// The tensors that are there.
    var entries: [Name: Entry]
    /// The rows of group_index; empty if it is absent, or not I64.
    var groupRows: [GroupRow]
    /// Whether rows are quantised by their own maximum.
    var isDynamic: Bool
    /// The activation.
    var activation: SwiGLU
    /// Which half gets the sigmoid.
    var gate: DequantSwiGLUQuant.Gate
    /// Whether to refuse what Atlas refuses.
    var atlas: Bool

    /// T; valid after ``checkInput()``.
    var tokenCount: Int { entries[.x]?.shape.first ?? 0 }
    /// 2H; valid after ``checkInput()``.
    var inputColumns: Int { entries[.x]?.shape.last ?? 0 }
    /// H; valid after ``checkInput()``.
    var hiddenSize: Int { inputColumns / 2 }

    /// Whether group_index lists (id, count) rows.
    var hasGroupPairs: Bool { entries[.groupIndex]?.shape.count == 2 }

    /// The tensors that have a row per group.
    static let perGroup: [Name] = [.weightScale, .bias, .quantScale, .quantOffset]

    /// W, the rows of every per-group tensor; nil where none is there and any group will do.
    var scaleRows: Int? {
        guard let groups = entries[.groupIndex] else { return 1 }
        guard hasGroupPairs else { return groups.shape.first }
        let matrices = Self.perGroup.compactMap { entries[$0]?.shape }.filter { $0.count == 2 }
        return matrices.first?.first
    }

    /// All checks in their order.
    ///
    /// - Parameter divisors: the elements of quant_scale, looked at in static mode.
    /// - Throws: the first rule of `E04` to `E21`, `A1` to `A12` that is broken.
    func validate(divisors: [Float]?) throws(MoEError) {
        try checkInput()
        try checkGroupCounts()
        try checkPresence()
        try checkTypes()
        try checkShapes()
        try checkGroups()
        try checkOffset()
        try checkDivisors(divisors)
        if atlas { try checkAtlas() }
    }
}
