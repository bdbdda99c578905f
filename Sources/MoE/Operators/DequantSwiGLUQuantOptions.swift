/// The operator's options as a command line or a C caller gives them, before they are checked.
///
/// Names and defaults are those of `npu_dequant_swiglu_quant`.
public struct DequantSwiGLUQuantOptions: Sendable {
    /// `static` or `dynamic`.
    public var quantMode: String
    /// Whether the left half gets the sigmoid.
    public var activateLeft: Bool
    /// 0 through 3: plain, interleaved and clamped, halves and clamped, clamped after.
    public var swigluMode: Int
    /// The limit of modes 1, 2 and 3; finite and above 0 as a float32 in every mode.
    public var clampLimit: Double
    /// The factor in the exponent of modes 1 and 2; finite in every mode.
    public var gluAlpha: Double
    /// What modes 1 and 2 add to the linear half; finite in every mode.
    public var gluBias: Double
    /// Whether to refuse what Atlas A2 and A3 refuse and to round in their order.
    public var atlas: Bool

    /// Options of their values.
    public init(
        quantMode: String, activateLeft: Bool = false, swigluMode: Int = 0,
        clampLimit: Double = 7, gluAlpha: Double = 1.702, gluBias: Double = 1, atlas: Bool = false
    ) {
        self.quantMode = quantMode
        self.activateLeft = activateLeft
        self.swigluMode = swigluMode
        self.clampLimit = clampLimit
        self.gluAlpha = gluAlpha
        self.gluBias = gluBias
        self.atlas = atlas
    }

    /// Checks the options alone, which needs no tensor and no file.
    ///
    /// - Throws: `E02` for a mode that there is not, `E03` for a number that is not finite or not
    ///   above 0 where it must be.
    public func validate() throws(MoEError) {
        _ = try activation()
        _ = try isDynamic()
        try ClampedSwiGLU.validate(limit: clampLimit, alpha: gluAlpha, bias: gluBias)
    }

    /// The activation that mode and numbers name.
    func activation() throws(MoEError) -> SwiGLU {
        let clamped = ClampedSwiGLU(
            limit: Float(clampLimit), alpha: Float(gluAlpha), bias: Float(gluBias))
        switch swigluMode {
        case 0: return .plain
        case 1: return .interleavedClamped(clamped)
        case 2: return .clamped(clamped)
        case 3: return .clampedAfter(limit: clamped.limit)
        default:
            throw MoEError(
                .operatorE(2), "swiglu_mode: \(swigluMode), wanted 0, 1, 2 or 3")
        }
    }

    /// Whether rows are quantised by their own maximum.
    func isDynamic() throws(MoEError) -> Bool {
        switch quantMode {
        case "dynamic": return true
        case "static": return false
        default:
            throw MoEError(
                .operatorE(2), "quant_mode: \(quantMode), wanted static or dynamic")
        }
    }
}
