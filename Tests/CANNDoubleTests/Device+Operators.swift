import CANN
import CANNDoubleSupport
import Testing

/// What the first phase of an operator left.
struct Plan {
    let name: String
    var workspaceSize: UInt64 = 0
    var executor: OpaquePointer?
}

extension Device {
    /// The first phase of an operator.
    ///
    /// - Parameters:
    ///   - name: the operator.
    ///   - type: the type of its first phase.
    ///   - call: calls it.
    /// - Returns: the status, and the plan.
    /// - Throws: if the double has no such operator.
    func plan<Function>(
        _ name: String, _ type: Function.Type,
        _ call: (
            Function, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<OpaquePointer?>
        ) throws -> Int32
    ) throws -> (status: Int32, plan: Plan) {
        var plan = Plan(name: name)
        let function = try function("\(name)GetWorkspaceSize", type)
        let status = try call(function, &plan.workspaceSize, &plan.executor)
        return (status, plan)
    }

    /// The second phase, with a workspace of the size that was asked for.
    func launch(
        _ plan: Plan, as name: String? = nil, workspace: UnsafeMutableRawPointer? = nil,
        size: UInt64? = nil, on stream: UnsafeMutableRawPointer? = nil
    ) throws -> Int32 {
        var memory = workspace
        if memory == nil, plan.workspaceSize > 0 { memory = try block(Int(plan.workspaceSize)) }
        let function = try function(name ?? plan.name, cann_aclnn.self)
        return function(memory, size ?? plan.workspaceSize, plan.executor, stream ?? self.stream)
    }

    /// Both phases of an operator that is right, and a synchronisation.
    func run(_ planned: (status: Int32, plan: Plan)) throws {
        try #require(planned.status == 0, "\(refusals) \(rules)")
        try #require(try launch(planned.plan) == 0)
        try #require(try synchronize() == 0, "\(double.violations(on: number))")
    }

    func destroy(_ plan: Plan) throws -> Int32 {
        try function("aclDestroyAclOpExecutor", cann_aclDestroyAclOpExecutor.self)(plan.executor)
    }

    func makeRepeatable(_ plan: Plan) throws -> Int32 {
        try function("aclSetAclOpExecutorRepeatable", cann_aclSetAclOpExecutorRepeatable.self)(
            plan.executor)
    }
}

extension Device {
    /// DynamicQuant of two rows, the smallest operator there is: x, y and scale, and its plan.
    struct Quantisation {
        let x: OpaquePointer
        let y: Output, scale: Output
        let plan: Plan
    }

    typealias DynamicQuant =
        @convention(c) (
            OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?,
            UnsafeMutablePointer<UInt64>?, UnsafeMutablePointer<OpaquePointer?>?
        ) -> Int32

    /// The values 1 and 2, then -4 and 1, in BF16: y 64, 127, -127, 32, scales 2/127 and 4/127.
    func quantisation() throws -> Quantisation {
        let bits: [UInt16] = [0x3F80, 0x4000, 0xC080, 0x3F80]
        let x = try input([2, 2], .bf16, bits)
        let y = try output([2, 2], .int8), scale = try output([2], .float)
        let (status, plan) = try plan("aclnnDynamicQuant", DynamicQuant.self) {
            $0(x, nil, y.tensor, scale.tensor, $1, $2)
        }
        try #require(status == 0)
        return Quantisation(x: x, y: y, scale: scale, plan: plan)
    }

    static let quantised: [Int8] = [64, 127, -127, 32]
}
