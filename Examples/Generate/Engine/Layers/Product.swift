/// Every row of `x` times every row of `weights`: `out[t, n] = Σ_k x[t, k] * weights[n, k]`.
///
/// The one product of this engine: projections, attention scores and their mixture are all of this
/// form. An element's sum is formed in four lanes, `k` modulo 4, however many rows there are: a
/// token has the same bits in a prompt and on its own.
///
/// - Parameters:
///   - x: `[rows, depth]`, a row directly after the other.
///   - rows: T.
///   - weights: `[columns, depth]`.
///   - stride: from one row of weights to the next.
///   - columns: N.
///   - depth: K.
///   - out: receives `[rows, columns]`.
func multiply(
    _ x: UnsafePointer<Float>, rows: Int,
    by weights: UnsafePointer<Float>, stride: Int, columns: Int, depth: Int,
    into out: UnsafeMutablePointer<Float>
) {
    // A block of tokens stays in the first cache while the weights pass by once.
    let rowsPerBlock = 16
    for first in Swift.stride(from: 0, to: rows, by: rowsPerBlock) {
        let end = min(first + rowsPerBlock, rows)
        var column = 0
        while column < columns {
            let count = min(4, columns - column)
            let w = weights + column * stride
            var row = first
            while row < end {
                let pair = count == 4 && row + 1 < end
                let x = x + row * depth, out = out + row * columns + column
                if pair {
                    multiply2x4(x, w, stride: stride, depth: depth, into: out, width: columns)
                } else if count == 4 {
                    multiply1x4(x, w, stride: stride, depth: depth, into: out)
                } else {
                    for n in 0..<count { out[n] = dot(x, w + n * stride, depth) }
                }
                row += pair ? 2 : 1
            }
            column += count
        }
    }
}

/// `Σ_k a[k] * b[k]`, in the order of every product.
func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    var sum = SIMD4<Float>()
    for k in stride(from: 0, to: count & ~3, by: 4) { sum += lanes(a + k) * lanes(b + k) }
    return total(sum, a, b, count)
}

@inline(__always)
private func multiply1x4(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, stride: Int, depth: Int,
    into out: UnsafeMutablePointer<Float>
) {
    let w1 = w + stride, w2 = w1 + stride, w3 = w2 + stride
    var s0 = SIMD4<Float>(), s1 = s0, s2 = s0, s3 = s0
    for k in Swift.stride(from: 0, to: depth & ~3, by: 4) {
        let x = lanes(x + k)
        s0 += x * lanes(w + k)
        s1 += x * lanes(w1 + k)
        s2 += x * lanes(w2 + k)
        s3 += x * lanes(w3 + k)
    }
    out[0] = total(s0, x, w, depth)
    out[1] = total(s1, x, w1, depth)
    out[2] = total(s2, x, w2, depth)
    out[3] = total(s3, x, w3, depth)
}

@inline(__always)
private func multiply2x4(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, stride: Int, depth: Int,
    into out: UnsafeMutablePointer<Float>, width: Int
) {
    let y = x + depth, w1 = w + stride, w2 = w1 + stride, w3 = w2 + stride
    var s0 = SIMD4<Float>(), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0
    for k in Swift.stride(from: 0, to: depth & ~3, by: 4) {
        let a = lanes(x + k), b = lanes(y + k)
        let v0 = lanes(w + k), v1 = lanes(w1 + k), v2 = lanes(w2 + k), v3 = lanes(w3 + k)
        s0 += a * v0
        s1 += a * v1
        s2 += a * v2
        s3 += a * v3
        t0 += b * v0
        t1 += b * v1
        t2 += b * v2
        t3 += b * v3
    }
    out[0] = total(s0, x, w, depth)
    out[1] = total(s1, x, w1, depth)
    out[2] = total(s2, x, w2, depth)
    out[3] = total(s3, x, w3, depth)
    out[width] = total(t0, y, w, depth)
    out[width + 1] = total(t1, y, w1, depth)
    out[width + 2] = total(t2, y, w2, depth)
    out[width + 3] = total(t3, y, w3, depth)
}

/// The sum of the lanes, and of what the lanes left over.
@inline(__always)
private func total(
    _ sum: SIMD4<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
) -> Float {
    var total = sum.sum()
    for k in count & ~3..<count { total += a[k] * b[k] }
    return total
}

/// Four floats, wherever they lie.
@inline(__always)
private func lanes(_ pointer: UnsafePointer<Float>) -> SIMD4<Float> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD4<Float>.self)
}
