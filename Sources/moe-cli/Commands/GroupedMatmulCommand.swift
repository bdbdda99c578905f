import ArgumentParser
import MoE
import MoECheckpoint

/// `moe-cli op grouped-matmul`: the exact accumulators of a grouped int8 GEMM.
struct GroupedMatmulCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grouped-matmul",
        abstract: "Multiplies groups of int8 rows by a matrix each, exact in int32.",
        discussion: """
            Reads x I8 [R, K], weight I8 [E, N, K] and group_index I64 [E] (counts), and writes \
            y I32 [R, N]; rows past the sum of the counts are 0.
            """)

    @OptionGroup var files: OperatorFiles
    @OptionGroup var compute: ComputeOptions

    func run() throws {
        let backend = try compute.resolved()
        let file = try TensorFile(files.input)
        let x = try file.tensor("x", rank: 2, wanted: "[R, K]")
        let weight = try file.tensor("weight", rank: 3, wanted: "[E, N, K]")
        let groupIndex = try file.tensor("group_index", rank: 1, wanted: "[E]")
        let y = try groupedMatmul(
            Matrix(
                rows: x.shape[0], columns: x.shape[1],
                elements: file.elements("x", of: x, as: Int8.self)),
            matrices(file.elements("weight", of: weight, as: Int8.self), shape: weight.shape),
            groups: GroupIndex(
                counts: file.elements("group_index", of: groupIndex, as: Int64.self)),
            backend: backend, threads: compute.threads)
        try SafetensorsWriter.write([("y", Tensor(y))], to: files.output)
    }

    /// The matrices of a tensor `[E, N, K]`.
    private func matrices(_ elements: [Int8], shape: [Int]) throws -> [Matrix<Int8>] {
        let size = shape[1] * shape[2]
        return try (0..<shape[0]).map { index in
            try Matrix(
                rows: shape[1], columns: shape[2],
                elements: Array(elements[index * size..<(index + 1) * size]))
        }
    }
}
