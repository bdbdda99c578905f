/// Which of the library's packed forms weights are in: what a file of them must say.
///
/// The form is told by its bytes: a fixed pair of experts is packed and hashed, so that a kernel
/// whose panels change can never read those of before, and kernels that pack alike read each
/// other's.
package struct PanelFormat: Sendable {
    /// The name of the instruction set that it was packed for, such as `avx512vnni`.
    package let name: String
    /// The hash of the fixed experts in this form.
    package let fingerprint: UInt64

    /// A form by what a file says of it.
    package init(name: String, fingerprint: UInt64) {
        self.name = name
        self.fingerprint = fingerprint
    }

    /// The form that a kernel packs and reads.
    ///
    /// - Parameter kernel: the kernel.
    /// - Throws: `configuration` if the system has no memory for the fixed experts.
    package init(_ kernel: GemmKernel) throws(MoEError) {
        // More than a panel and more than a block of any kernel, and whole numbers of neither.
        let shape = ExpertShape(expertCount: 2, hiddenSize: 1090, expertWidth: 70)
        var state: UInt64 = 1
        func matrix(_ rows: Int, _ columns: Int) throws(MoEError) -> QuantizedMatrix {
            var values: [Int8] = []
            values.reserveCapacity(rows * columns)
            for place in 0..<rows * columns {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let value = Int8(truncatingIfNeeded: state >> 56)
                // Small ones and any: kernels may pack them apart.
                values.append(place / 64 % 3 == 0 ? value : value / 4)
            }
            return try QuantizedMatrix(
                values: Matrix(rows: rows, columns: columns, elements: values),
                scale: (0..<rows).map { Float($0 + 1) })
        }
        func bias(_ count: Int) -> [Float] { (0..<count).map { -Float($0) } }
        let wide = 2 * shape.expertWidth
        var experts: [Expert<QuantizedMatrix>] = []
        for _ in 0..<shape.expertCount {
            experts.append(
                Expert(
                    gateUp: try matrix(wide, shape.hiddenSize),
                    down: try matrix(shape.hiddenSize, shape.expertWidth),
                    gateUpBias: bias(wide), downBias: bias(shape.hiddenSize)))
        }
        let packed = try PackedExperts(
            packing: experts, shape: shape, isGated: true, kernel: kernel, threads: 1)
        name = kernel.name
        fingerprint = packed.hash
    }

    /// The form of the kernel that this process uses.
    package static let chosen: Result<PanelFormat, MoEError> = Result {
        () throws(MoEError) in try PanelFormat(.chosen)
    }
}

extension PanelFormat: CustomStringConvertible {
    /// The name and the hash, as errors print them.
    package var description: String {
        let digits = String(fingerprint, radix: 16)
        return "\(name) (\(String(repeating: "0", count: 16 - digits.count))\(digits))"
    }
}

extension PackedExperts {
    /// The hash of all panels and factors.
    fileprivate var hash: UInt64 {
        let hashes = [XXH64.hash(weightBytes), XXH64.hash(factorBytes)]
        return hashes.withUnsafeBytes { XXH64.hash($0) }
    }
}
