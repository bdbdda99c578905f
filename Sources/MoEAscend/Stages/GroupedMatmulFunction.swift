internal import CANN

/// What the backend gives a grouped GEMM; everything else that the operators could take is absent.
struct GroupedMatmulArguments {
    let x: OpaquePointer
    let weights: OpaquePointer
    let channelScale: OpaquePointer?
    let rowScale: OpaquePointer?
    let groups: OpaquePointer
    let groupsAreCounts: Bool
    let out: OpaquePointer

    /// One result for all groups.
    fileprivate static let oneOutput: Int64 = 3
    /// Groups are runs of rows.
    fileprivate static let groupsOfRows: Int64 = 0
    fileprivate static let noActivation: Int64 = 0

    fileprivate var groupListType: Int64 { groupsAreCounts ? 1 : 0 }
}

/// The grouped GEMM of a release: by the newest of the operators that it has.
enum GroupedMatmulFunction {
    case v5(OperatorFunction<cann_aclnnGroupedMatmulV5GetWorkspaceSize>)
    case v4(OperatorFunction<cann_aclnnGroupedMatmulV4GetWorkspaceSize>)
    /// For weights in blocks.
    case weightNZ(OperatorFunction<cann_aclnnGroupedMatmulWeightNzGetWorkspaceSize>)

    /// A call that has not been planned.
    var call: OperatorCall {
        switch self {
        case .v5(let function): OperatorCall(function)
        case .v4(let function): OperatorCall(function)
        case .weightNZ(let function): OperatorCall(function)
        }
    }

    /// The first phase.
    func plan(
        _ a: GroupedMatmulArguments, _ size: UnsafeMutablePointer<UInt64>,
        _ executor: UnsafeMutablePointer<OpaquePointer?>
    ) -> cann_status {
        let split = GroupedMatmulArguments.oneOutput, type = GroupedMatmulArguments.groupsOfRows
        let activation = GroupedMatmulArguments.noActivation
        // x, weight, bias, scale, offset, antiquant scale and offset, row scale, groups,
        // activation input, its scale and offset, …, out, its features, its scale.
        return switch self {
        case .v5(let function):
            function.plan(
                a.x, a.weights, nil, a.channelScale, nil, nil, nil, a.rowScale, a.groups, nil, nil,
                nil, split, type, a.groupListType, activation, /* tuning: */ nil, a.out, nil, nil,
                size, executor)
        case .v4(let function):
            function.plan(
                a.x, a.weights, nil, a.channelScale, nil, nil, nil, a.rowScale, a.groups, nil, nil,
                nil, split, type, a.groupListType, activation, a.out, nil, nil, size, executor)
        case .weightNZ(let function):
            function.plan(
                a.x, a.weights, nil, a.channelScale, nil, nil, nil, a.rowScale, a.groups, nil, nil,
                nil, split, type, a.groupListType, activation, /* tuning: */ nil,
                /* quantised groups: */ 0, a.out, nil, nil, size, executor)
        }
    }
}

extension OperatorFunctions {
    /// The grouped GEMM for weights in a format.
    ///
    /// - Throws: `unavailable` if this release has none.
    func groupedMatmul(
        _ format: AscendOptions.WeightFormat
    ) throws(AscendError) -> GroupedMatmulFunction {
        if format == .nz {
            if let groupedMatmulNZ { return .weightNZ(groupedMatmulNZ) }
        } else {
            if let groupedMatmulV5 { return .v5(groupedMatmulV5) }
            if let groupedMatmulV4 { return .v4(groupedMatmulV4) }
        }
        throw AscendError(.unavailable, "this release of CANN has no grouped GEMM for \(format)")
    }
}
