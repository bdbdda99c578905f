internal import MoEKernels

/// The C kernels of the fused operator for one instruction set.
package struct OperatorKernels: Sendable, CustomStringConvertible {
    /// The instruction set's name, such as `avx2`.
    package let name: String
    let table: Table

    package var description: String { name }

    /// Tables of the program's text: constant, so any thread may read them.
    struct Table: @unchecked Sendable {
        fileprivate let rowTable: UnsafePointer<moe_dsq_kernels>
        fileprivate let tileTable: UnsafePointer<moe_expert_tiles>
        var functions: moe_dsq_kernels { rowTable.pointee }
        var tiles: moe_expert_tiles { tileTable.pointee }
    }

    init(_ isa: moe_isa) {
        name = InstructionSet.name(of: isa)
        table = Table(rowTable: moe_dsq_kernels_for(isa), tileTable: moe_expert_tiles_for(isa))
    }

    /// The kernels of the instruction set that the process uses.
    package static let chosen = OperatorKernels(InstructionSet.chosen)

    /// The kernels of every instruction set that this machine has, narrowest first.
    package static let available =
        InstructionSet.all.filter { moe_isa_available($0) }.map(OperatorKernels.init)

    /// The exponential of every element, within one unit in the last place of the correctly
    /// rounded value, with the same bits for every instruction set.
    ///
    /// - Parameters:
    ///   - values: the arguments, `[count]`.
    ///   - count: how many there are.
    ///   - result: where the exponentials go, `[count]`; no part of `values`.
    package func exp(
        _ values: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>
    ) {
        table.functions.exp(Int64(count), values, result)
    }
}

/// Quantises a row by its own maximum: `scale = max|v| / 127`, `y = rint(v / scale)`.
///
/// A row of zeros, or one with an infinity or a NaN, becomes zeros. Tokens, activated rows and
/// weights all become int8 by this one function.
///
/// - Parameters:
///   - row: the values, `[count]`.
///   - count: how many there are.
///   - integers: where the integers go, `[count]`.
///   - kernels: the instruction set's kernels.
/// - Returns: the scale: 0 for zeros, infinite or NaN for a row that holds one.
package func quantizeRow(
    _ row: UnsafePointer<Float>, count: Int, into integers: UnsafeMutablePointer<Int8>,
    kernels: OperatorKernels = .chosen
) -> Float {
    kernels.table.functions.quantize(Int64(count), row, MOE_SCALE_DIVIDED, integers)
}
