internal import MoE

/// Weights stored by GPTQ in 8 bits: four input channels a word, a scale and a zero per group.
///
/// `w[n, k] = scales[g, n] · (q[k, n] - zero[g, n])` with g = `g_idx[k]`, else k / group size. A
/// channel whose groups share a scale and whose zeros are all 128 is int8 as it is.
struct GPTQWeights: WeightEncoding {
    let storedShape: [Int]
    let companions: [String]
    private let rows: Int
    private let depth: Int
    private let scales: Companion
    private let zeros: Companion
    private let groupIndex: Companion?
    private let parameters: GPTQParameters

    var name: String { "GPTQ" }
    var unitSize: Int { 4 }

    /// GPTQ weights of a matrix.
    ///
    /// - Parameter weight: the matrix, and what is stored beside it.
    /// - Throws: `configuration` without GPTQ's settings, `tensor` for companions that are missing
    ///   or of another type or shape, and for sizes that 4 does not divide.
    init(_ weight: StoredWeight) throws(CheckpointError) {
        guard let parameters = weight.layer.format.gptq else {
            throw weight.refused(
                "GPTQ weights", wanted: "\"quant_method\": \"gptq\" in config.json")
        }
        (rows, depth) = (weight.rows, weight.columns)
        guard rows % 4 == 0, depth % 4 == 0 else {
            throw weight.refused(
                "a matrix of [\(rows), \(depth)]", wanted: "dimensions that are multiples of 4")
        }
        guard weight.entry.type == .i32 else {
            throw weight.refused("type \(weight.entry.type.rawValue)", wanted: "I32")
        }
        func companion(
            _ part: String, _ types: [ElementType], _ shape: [Int]
        ) throws(CheckpointError) -> Companion {
            guard let companion = try weight.companion(["\(weight.stem).\(part)"]) else {
                throw weight.refused("no \(part)", wanted: "\(weight.stem).\(part) beside it")
            }
            guard types.contains(companion.entry.type) else {
                throw companion.refused(
                    "type \(companion.entry.type.rawValue)",
                    wanted: types.map(\.rawValue).formatted)
            }
            guard companion.shape == shape else {
                throw companion.refused("shape \(companion.shape)", wanted: "\(shape)")
            }
            return companion
        }
        self.parameters = parameters
        storedShape = [rows, depth / 4]
        let groups = depth.dividedUp(by: parameters.groupSize ?? depth)
        scales = try companion("scales", [.f16, .bf16, .f32], [groups, rows])
        zeros = try companion("qzeros", [.i32], [groups, rows / 4])
        groupIndex =
            weight.layer.tensors["\(weight.stem).g_idx"] == nil
            ? nil : try companion("g_idx", [.i32], [depth])
        companions = [scales.name, zeros.name] + [groupIndex?.name].compactMap(\.self)
    }

    func decoder(from source: any TensorSource) throws(CheckpointError) -> any ChannelDecoder {
        let groups = scales.shape[0]
        var group: [Int] = (0..<depth).map { $0 / (parameters.groupSize ?? depth) }
        if let groupIndex {
            group = try groupIndex.integers(from: source).map(Int.init)
            if let place = group.firstIndex(where: { !(0..<groups).contains($0) }) {
                throw groupIndex.refused(
                    "entry \(place) is \(group[place])", wanted: "a group within 0..<\(groups)")
            }
        }
        let codes = try zeros.bytes(from: source)
        if parameters.zeroIsStoredLess1, let place = codes.firstIndex(of: 255) {
            throw zeros.refused(
                "zero \(place) is stored as 255",
                wanted: "at most 254: programs disagree on what follows it")
        }
        let values = try scales.floats(from: source)
        if let place = values.firstIndex(where: { !($0 >= 0 && $0 < .infinity) }) {
            throw scales.refused(
                "scale \(place) is \(values[place])", wanted: "finite scales that are not negative")
        }
        let offset = parameters.zeroIsStoredLess1 ? 1 : 0
        return Decoder(
            rows: rows, groups: groups, group: group, scales: values,
            zeros: codes.map { Float(Int($0) + offset) })
    }

    private struct Decoder: ChannelDecoder {
        let rows: Int
        let groups: Int
        /// Of every input channel, `[K]`.
        let group: [Int]
        /// `[G, N]`, as the zeros.
        let scales: [Float]
        let zeros: [Float]

        func decode(
            _ channel: Int, _ stored: UnsafeRawBufferPointer,
            into floats: UnsafeMutableBufferPointer<Float>
        ) {
            for column in floats.indices {
                let place = group[column] * rows + channel
                floats[column] = scales[place] * (Float(stored[column]) - zeros[place])
            }
        }

        func copy(
            _ channel: Int, _ stored: UnsafeRawBufferPointer,
            into integers: UnsafeMutablePointer<Int8>
        ) -> Float? {
            let places = stride(from: channel, to: groups * rows, by: rows)
            let scale = scales[channel]
            guard places.allSatisfy({ scales[$0] == scale && zeros[$0] == 128 }) else { return nil }
            for (column, code) in stored.enumerated() {
                integers[column] = Int8(bitPattern: code ^ 0x80)
            }
            return scale
        }
    }
}

/// What a configuration says of GPTQ's weights.
struct GPTQParameters: Sendable, Hashable {
    /// Input channels that share a scale and a zero; nil for all of them.
    let groupSize: Int?
    /// Whether zeros are stored less 1, as all but version 2 of the format do.
    let zeroIsStoredLess1: Bool
}
