#if OpenBLAS
import MoE

/// The same layer's matrix products alone: float32 weights, OpenBLAS with its own threads.
///
/// Nothing but the two `sgemm` calls of every expert that has rows: no routing, no gathering, no
/// activation, no combine.
struct SgemmCase {
    private let shape: BenchShape
    private let gateUp: [Float]
    private let down: [Float]
    private var x: [Float]
    private var inner: [Float]
    private var out: [Float]

    init(_ shape: BenchShape, tokens: Int) {
        self.shape = shape
        let size = shape.hidden * shape.width * shape.experts
        func values(_ count: Int) -> [Float] { (0..<count).map { Float($0 & 127) - 63 } }
        gateUp = values(2 * size)
        down = values(size)
        x = values(tokens * shape.hidden)
        inner = values(tokens * 2 * shape.width)
        out = values(tokens * shape.hidden)
    }

    /// Multiplies for the rows that a routing gave every expert.
    mutating func run(_ groups: GroupIndex, threads: Int) {
        let size = shape.hidden * shape.width
        for segment in groups.segments where segment.count > 0 {
            let first = segment.group * size
            SgemmBaseline.multiply(
                x, rows: segment.count, by: gateUp[2 * first..<2 * (first + size)],
                columns: 2 * shape.width, into: &inner, threads: threads)
            SgemmBaseline.multiply(
                inner, rows: segment.count, by: down[first..<first + size],
                columns: shape.hidden, into: &out, threads: threads)
        }
    }
}
#endif
