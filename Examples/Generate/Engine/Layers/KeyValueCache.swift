/// What attention remembers of earlier tokens in one layer.
///
/// Keys lie head by head, `[heads, positions, d]`, and values turned, `[heads, d, positions]`, so
/// that scores and mixtures are both products of rows.
final class KeyValueCache {
    /// How many positions there is room for.
    let positions: Int
    /// d: the width of a head.
    let headWidth: Int
    private let keys: FloatBuffer
    private let values: FloatBuffer

    /// A cache for so many heads.
    init(heads: Int, headWidth: Int, positions: Int) {
        self.positions = positions
        self.headWidth = headWidth
        keys = FloatBuffer(heads * headWidth * positions)
        values = FloatBuffer(heads * headWidth * positions)
    }

    /// The keys of a head, `[positions, d]`.
    func keys(of head: Int) -> UnsafeMutablePointer<Float> {
        keys.base + head * positions * headWidth
    }

    /// The values of a head, `[d, positions]`.
    func values(of head: Int) -> UnsafeMutablePointer<Float> {
        values.base + head * positions * headWidth
    }

    /// Remembers the key and the value that a head has for one token, `[d]` each.
    func store(
        key: UnsafePointer<Float>, value: UnsafePointer<Float>, head: Int, position: Int
    ) {
        (keys(of: head) + position * headWidth).update(from: key, count: headWidth)
        let values = values(of: head) + position
        for index in 0..<headWidth { values[index * positions] = value[index] }
    }
}
