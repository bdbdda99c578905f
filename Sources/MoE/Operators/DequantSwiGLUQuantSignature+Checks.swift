extension DequantSwiGLUQuantSignature {
    /// E04–E07.
    func checkInput() throws(MoEError) {
        guard let x = entries[.x] else {
            throw MoEError(.operatorE(4), "x: missing, wanted I32, F16 or BF16 [TokensNum, 2H]")
        }
        guard [.i32, .f16, .bf16].contains(x.type) else {
            throw MoEError(
                .operatorE(5), "x: type \(x.type.rawValue), wanted I32, F16 or BF16")
        }
        guard x.shape.count == 2 else {
            throw MoEError(.operatorE(6), "x: shape \(x.shape), wanted [TokensNum, 2H]")
        }
        guard inputColumns > 0, inputColumns.isMultiple(of: 2) else {
            throw MoEError(
                .operatorE(7), "x: last dimension \(inputColumns), wanted even and positive")
        }
    }

    /// E08–E11.
    func checkGroupCounts() throws(MoEError) {
        guard let groups = entries[.groupIndex] else { return }
        guard groups.type == .i64 else {
            throw MoEError(
                .operatorE(8), "group_index: type \(groups.type.rawValue), wanted I64")
        }
        let isList = groups.shape.count == 1
        let isPairs = groups.shape.count == 2 && groups.shape.last == 2
        guard isList || isPairs, groups.shape.first != 0 else {
            throw MoEError(
                .operatorE(9),
                "group_index: shape \(groups.shape), wanted [G] or [G, 2] with G >= 1")
        }
        for (k, row) in groupRows.enumerated() where row.count < 0 {
            throw MoEError(.operatorE(10), "group_index[\(k)]: count \(row.count) is negative")
        }
        var left = Int64(tokenCount)
        for row in groupRows {
            left -= row.count
            guard left >= 0 else {
                throw MoEError(
                    .operatorE(11),
                    "group_index: sum of the counts exceeds TokensNum \(tokenCount)")
            }
        }
    }

    /// E12, E13.
    func checkPresence() throws(MoEError) {
        if entries[.x]?.type == .i32 {
            guard entries[.weightScale] != nil else {
                throw MoEError(
                    .operatorE(12), "weight_scale: required when x is I32, but missing")
            }
            return
        }
        for name in [Name.weightScale, .activationScale, .bias] where entries[name] != nil {
            throw MoEError(
                .operatorE(13),
                "\(name.rawValue): only allowed when x is I32, but x is "
                    + (entries[.x]?.type.rawValue ?? "missing"))
        }
    }

    /// E14.
    func checkTypes() throws(MoEError) {
        let allowed: [(Name, [ElementType])] = [
            (.weightScale, [.f32]), (.bias, [.i32, .f32, .f16, .bf16]),
            (.quantScale, [.f32, .f16, .bf16]), (.quantOffset, [.f32, .f16, .bf16]),
            (.activationScale, [.f32]),
        ]
        for (name, types) in allowed {
            guard let entry = entries[name], !types.contains(entry.type) else { continue }
            let wanted = types.map(\.rawValue).joined(separator: ", ")
            throw MoEError(
                .operatorE(14),
                "\(name.rawValue): type \(entry.type.rawValue), wanted \(wanted)")
        }
    }

    /// E15, E16.
    func checkShapes() throws(MoEError) {
        for name in Self.perGroup {
            guard let shape = entries[name]?.shape else { continue }
            let allowed = allowedShapes(of: name)
            guard allowed.contains(shape), shape.first != 0 else {
                let wanted = allowed.map(\.description).joined(separator: " or ")
                throw MoEError(
                    .operatorE(15), "\(name.rawValue): shape \(shape), wanted \(wanted)")
            }
        }
        if let shape = entries[.activationScale]?.shape {
            guard shape == [tokenCount] || shape == [tokenCount, 1] else {
                throw MoEError(
                    .operatorE(16),
                    "activation_scale: shape \(shape), "
                        + "wanted [\(tokenCount)] or [\(tokenCount), 1]")
            }
        }
    }

    /// The shapes that a per-group tensor may have.
    ///
    /// One dimension is one factor per group, unless there is a single group, where it may also be
    /// one per column; with (id, count) rows it is nothing, since the number of groups comes from
    /// the tensors themselves.
    private func allowedShapes(of name: Name) -> [[Int]] {
        let rows = max(scaleRows ?? 1, 1)
        if name == .weightScale || name == .bias {
            let matrix = [rows, inputColumns]
            return hasGroupPairs || rows > 1 ? [matrix] : [[inputColumns], matrix]
        }
        let matrices = hiddenSize > 1 ? [[rows, hiddenSize], [rows, 1]] : [[rows, 1]]
        if hasGroupPairs { return matrices }
        return (rows == 1 && hiddenSize > 1 ? [[hiddenSize], [1]] : [[rows]]) + matrices
    }

    /// E17: only rows that cover tokens need a group.
    func checkGroups() throws(MoEError) {
        guard hasGroupPairs else { return }
        for (k, row) in groupRows.enumerated() where row.count > 0 {
            guard row.id >= 0, scaleRows.map({ row.id < $0 }) ?? true else {
                let wanted = scaleRows.map { "0 ..< W = \($0)" } ?? ">= 0 (W is unlimited)"
                throw MoEError(
                    .operatorE(17), "group_index[\(k)]: id \(row.id), wanted \(wanted)")
            }
        }
    }

    /// E18–E20.
    func checkOffset() throws(MoEError) {
        guard let offset = entries[.quantOffset] else { return }
        guard !isDynamic else {
            throw MoEError(
                .operatorE(18), "quant_offset: only in static mode, but quant_mode is dynamic")
        }
        guard let scale = entries[.quantScale] else {
            throw MoEError(.operatorE(19), "quant_offset: needs quant_scale, which is missing")
        }
        guard isPerChannel(offset.shape) == isPerChannel(scale.shape) else {
            throw MoEError(
                .operatorE(20),
                "quant_offset: shape \(offset.shape) is not of the form of quant_scale, "
                    + "\(scale.shape)")
        }
    }

    /// Whether factors of a valid shape have one entry per column; a single column counts as one
    /// factor for the row.
    func isPerChannel(_ shape: [Int]) -> Bool {
        guard hiddenSize > 1 else { return false }
        if shape.count == 2 { return shape[1] == hiddenSize }
        return scaleRows == 1 && shape == [hiddenSize]
    }

    /// E21.
    func checkDivisors(_ divisors: [Float]?) throws(MoEError) {
        guard !isDynamic, let divisors, let shape = entries[.quantScale]?.shape else { return }
        for (k, value) in divisors.enumerated() where value == 0 || !value.isFinite {
            let index = shape.count == 2 ? "\(k / shape[1]), \(k % shape[1])" : "\(k)"
            throw MoEError(
                .operatorE(21),
                "quant_scale[\(index)]: \(value), wanted finite and not 0 in static mode")
        }
    }
}
