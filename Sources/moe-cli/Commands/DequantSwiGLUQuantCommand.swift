import ArgumentParser
import MoE
import MoECheckpoint

/// `moe-cli op dequant-swiglu-quant`: the fused operator between the two GEMMs.
struct DequantSwiGLUQuantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dequant-swiglu-quant",
        abstract: "Dequantises, applies SwiGLU and quantises again.",
        discussion: """
            Reads x [T, 2H] (I32, F16 or BF16) and, as they apply, weight_scale, \
            activation_scale, bias, quant_scale, quant_offset and group_index; writes y I8 \
            [T, H] and scale F32 [T].
            """)

    @OptionGroup var files: OperatorFiles

    @Option(help: "static or dynamic.")
    var quantMode: String

    @Flag(help: "The left half gets the sigmoid; the right one if not given.")
    var activateLeft = false

    @Option(parsing: .unconditional, help: "0 plain, 1 interleaved, 2 halves, 3 clamped after.")
    var swigluMode = 0

    @Option(parsing: .unconditional, help: "Where modes 1 to 3 clamp, above 0.")
    var clampLimit = FiniteNumber(7)

    @Option(parsing: .unconditional, help: "What modes 1 and 2 multiply the sigmoid's input by.")
    var gluAlpha = FiniteNumber(1.702)

    @Option(parsing: .unconditional, help: "What modes 1 and 2 add to the linear half.")
    var gluBias = FiniteNumber(1)

    @Flag(help: "Refuse what Atlas A2/A3 refuses, and round as it does.")
    var atlas = false

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        do {
            try options.validate()
        } catch {
            throw ValidationError(error.message)
        }
    }

    func run() throws {
        let backend = try compute.resolved()
        let call = try DequantSwiGLUQuant(tensors: TensorFile(files.input).all(), options: options)
        let rows =
            compute.backend == .reference
            ? try dequantSwiGLUQuantReference(call)
            : try dequantSwiGLUQuant(call, backend: backend, threads: compute.threads)
        try SafetensorsWriter.write(
            [("y", Tensor(rows.values)), ("scale", Tensor(rows.scale, shape: [rows.scale.count]))],
            to: files.output)
    }

    private var options: DequantSwiGLUQuantOptions {
        DequantSwiGLUQuantOptions(
            quantMode: quantMode, activateLeft: activateLeft, swigluMode: swigluMode,
            clampLimit: clampLimit.value, gluAlpha: gluAlpha.value, gluBias: gluBias.value,
            atlas: atlas)
    }
}

/// A number in decimal or exponent form; `nan`, `inf` and hexadecimal are refused.
struct FiniteNumber: ExpressibleByArgument {
    let value: Double

    init(_ value: Double) {
        self.value = value
    }

    init?(argument: String) {
        let decimal = "0123456789+-.eE"
        guard argument.allSatisfy(decimal.contains), let value = Double(argument) else {
            return nil
        }
        self.value = value
    }

    var defaultValueDescription: String { "\(value)" }
}
