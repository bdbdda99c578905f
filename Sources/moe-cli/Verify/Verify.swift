import ArgumentParser
import MoE
import MoECheckpoint

/// `moe-cli verify`: whether two backends agree, stage by stage.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares two backends stage by stage on the same layer and tokens.",
        discussion: """
            Runs one layer on both and prints a table: what was compared at every stage, how far \
            apart it is and how far it may be. A stage is compared on the rows whose inputs are \
            the same on both sides, so that one rounding does not count again at every later \
            stage. Exit status 1 if something is further apart than it may be.
            """)

    @OptionGroup var compute: ComputeOptions

    @Option(help: ArgumentHelp("The backend to compare with.", valueName: "name"))
    var against: BackendName = .reference

    @Option(help: "A checkpoint's folder; a layer of random weights if not given.")
    var model: String?

    @OptionGroup var parts: PartOptions

    @Option(help: "The layer's index, counted from 0; the first MoE layer if not given.")
    var layer: Int?

    @Option(help: "The sizes of the random layer: a published model's name or D,H,E,k.")
    var shape = BenchShape("256,128,8,2", 256, 128, 8, 2)

    @Option(help: "A safetensors file with hidden states; random ones if not given.")
    var input: String?

    @Option(help: "The tensor in it that holds them.")
    var inputTensor = "hidden_states"

    @Option(help: "How many random tokens.")
    var tokens = 33

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...1 << 16).contains(tokens) else {
            throw ValidationError("--tokens \(tokens): wanted 1 to \(1 << 16)")
        }
    }

    func run() throws {
        let backend = try compute.resolved()
        let other = try BackendCatalog.backend(against, offers: compute.device.offers).backend
        let (name, layer) = try loaded()
        let width = layer.router.weight.columns
        let hidden = try input.map {
            try TensorFile($0).floatMatrix(inputTensor, wanted: "[tokens, \(width)]")
        }
        let batch = try hidden ?? SyntheticLayer.batch(tokens: tokens, width: width)

        let found = try MoEBlock(layer, backend: backend, threads: compute.threads)
        let wanted = try MoEBlock(layer, backend: other, threads: compute.threads)
        // What some routers read beside the hidden states.
        let routerInput = layer.router.inputNormEpsilon == nil ? nil : batch
        let tokenIDs = layer.router.expertsOfToken.map { table in
            (0..<batch.rows).map { Int32($0 % table.rows) }
        }
        func trace(_ block: MoEBlock) throws -> BlockTrace {
            try block.trace(batch, routerInput: routerInput, tokenIDs: tokenIDs)
        }
        let comparison = BlockComparison(
            of: try trace(found), with: try trace(wanted), layer: layer)
        let report = VerifyReport(
            title: "\(found.backendName) against \(wanted.backendName): \(name), "
                + "\(batch.rows) tokens, hidden \(width), width \(found.shape.expertWidth), "
                + "\(found.shape.expertCount) experts, \(found.topK) per token",
            checks: comparison.checks)
        print(json ? try report.json.text(.indented) : report.text, terminator: "")
        if !report.passes { throw ExitCode.failure }
    }

    /// The layer, and what it is called.
    private func loaded() throws -> (name: String, layer: MoELayer) {
        guard let model else {
            let layer = try SyntheticLayer(shape, routing: .uniform, hasSharedExpert: true).layer
            return ("random weights", layer)
        }
        let checkpoint = try Checkpoint(directory: model, part: parts.part)
        guard let index = layer ?? checkpoint.moeLayers.first else {
            throw CheckpointError(.configuration, "\(model): no layer of it is MoE")
        }
        return ("\(model) layer \(index)", try checkpoint.load(index, experts: .int8).layer)
    }
}
