/// How the output channels of a weight are written in a checkpoint: known from its header alone.
///
/// One type per format, each in a file beside this one.
protocol WeightEncoding: Sendable {
    /// What reports and errors call it; the same for all weights that are written alike.
    var name: String { get }
    /// Whether the weights have been quantised once, so that doing it anew is to be reported.
    var isQuantized: Bool { get }
    /// Whether the weights are int8 with a scale per output channel, by their shapes.
    var isInt8PerChannel: Bool { get }
    /// The shape of one matrix as it is stored, output channels first.
    var storedShape: [Int] { get }
    /// Bytes of an element of `storedShape`.
    var unitSize: Int { get }
    /// The names of the tensors beside the weight that belong to it, read or not.
    var companions: [String] { get }
    /// What the reader of a report should know, beside the format.
    var note: String? { get }

    /// Reads what the channels of the matrix have in common, such as its scales.
    ///
    /// - Parameter source: the checkpoint.
    /// - Returns: what turns stored channels into weights.
    /// - Throws: `file` if the bytes cannot be had, `tensor` for scales that are not finite or are
    ///   negative, and whatever else no weight of the format has.
    func decoder(from source: any TensorSource) throws(CheckpointError) -> any ChannelDecoder
}

extension WeightEncoding {
    var isQuantized: Bool { true }
    var isInt8PerChannel: Bool { false }
    var unitSize: Int { 1 }
    var note: String? { nil }

    /// Bytes of one output channel.
    var channelSize: Int { storedShape.dropFirst().reduce(unitSize, *) }
}

/// Turns the stored bytes of a matrix's output channels into weights.
protocol ChannelDecoder: Sendable {
    /// The float32 weights of a channel; NaN or infinity where its codes are not finite numbers.
    ///
    /// - Parameters:
    ///   - channel: which one.
    ///   - stored: its bytes.
    ///   - floats: room for its K weights.
    func decode(
        _ channel: Int, _ stored: UnsafeRawBufferPointer,
        into floats: UnsafeMutableBufferPointer<Float>)

    /// The channel as int8 with one scale, where it is exactly that: no rounding whatever.
    ///
    /// - Parameters:
    ///   - channel: which one.
    ///   - stored: its bytes.
    ///   - integers: room for its K integers.
    /// - Returns: the scale, or nil without a result if the channel must be requantised.
    func copy(
        _ channel: Int, _ stored: UnsafeRawBufferPointer, into integers: UnsafeMutablePointer<Int8>
    ) -> Float?
}

extension ChannelDecoder {
    func copy(
        _ channel: Int, _ stored: UnsafeRawBufferPointer, into integers: UnsafeMutablePointer<Int8>
    ) -> Float? { nil }
}
