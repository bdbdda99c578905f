/// The rows of a float matrix, each from a cache line on.
///
/// Weights that bfloat16 holds exactly, as most checkpoints store them, are kept in it: one token
/// reads all of them, and memory is what it waits for.
final class LinearWeight: Sendable {
    /// From one row to the next, in elements.
    let stride: Int
    let isBFloat16: Bool
    private let floats: Buffer<Float>
    private let halves: Buffer<UInt16>

    init(_ weight: Matrix<Float>) {
        isBFloat16 = weight.elements.allSatisfy { $0.bitPattern & 0xFFFF == 0 }
        stride = (weight.columns + 31) / 32 * 32
        floats = Buffer(count: isBFloat16 ? 0 : weight.rows * stride)
        halves = Buffer(count: isBFloat16 ? weight.rows * stride : 0)
        for row in 0..<weight.rows {
            for (column, value) in weight.row(row).enumerated() {
                if isBFloat16 {
                    halves.base[row * stride + column] = UInt16(value.bitPattern >> 16)
                } else {
                    floats.base[row * stride + column] = value
                }
            }
        }
    }

    /// The first element of a row.
    func row(_ index: Int) -> UnsafeRawPointer {
        isBFloat16
            ? UnsafeRawPointer(halves.base + index * stride)
            : UnsafeRawPointer(floats.base + index * stride)
    }
}
