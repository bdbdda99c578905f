import MoE
import MoEAscend
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("Golden blocks on the device")
struct GoldenBlockDeviceTests {
    /// The blocks that the device cannot take, and what the refusal says.
    static let refusals = [
        "gemma4": "activation geluTanh",
        "gpt_oss": "has biases",
        "nemotron_h": "activation squaredReLU",
        "nemotron_h_latent": "activation squaredReLU",
    ]
    /// What only some ways cannot take: routers that the device cannot select by, shapes that are not
    /// made of blocks, an activation that the operator's first version does not have.
    static let refusalsOfVariants: [(block: String, setting: String, text: String)] = [
        ("deepseek_v2", "select=device", "experts of other groups"),
        ("deepseek_v4_hash", "select=device", "looks experts up"),
        ("deepseek_v4_hash", "DequantSwigluQuantV2", "a clamped SwiGLU needs"),
        ("deepseek_v2_lite", "weights=nz", "not made of blocks"),
        ("qwen3_moe", "weights=nz", "not made of blocks"),
        ("gpt_oss", "DequantSwigluQuantV2", "a clamped SwiGLU needs"),
        ("phimoe", "select=device", "sparse mixer"),
        ("inkling", "select=device", "some experts are always chosen"),
    ]

    @Test("are the CPU's but for 16-bit rounding, on every way", arguments: GoldenBlock.all)
    func blocks(block: GoldenBlock) throws {
        let golden = try Case(block), machine = try Machine()
        for variant in Variant.allCases {
            let comment = Comment("\(block.name), \(variant.rawValue)")
            do throws(MoEError) {
                let backend = try machine.opened { variant.apply(to: &$0) }
                let moe = try MoEBlock(golden.layer, backend: backend, threads: 1)
                golden.compare(try golden.trace(moe), variant, comment)
                #expect(Self.refusals(of: block, variant) == [], comment)
            } catch {
                #expect(error.code == .unsupported, "\(error) \(comment)")
                let wanted = Self.refusals(of: block, variant)
                #expect(wanted.contains(where: error.message.contains), "\(error) \(comment)")
            }
            machine.expectClean(comment)
        }
    }

    private static func refusals(of block: GoldenBlock, _ variant: Variant) -> [String] {
        let ofVariants = refusalsOfVariants.filter {
            block.name == $0.block && variant.rawValue.contains($0.setting)
        }
        return (refusals[block.name].map { [$0] } ?? []) + ofVariants.map(\.text)
    }

    /// A block, its input and what the CPU makes of it.
    private struct Case {
        let layer: MoELayer
        private let golden: Golden
        private let input: Matrix<Float>
        private let wanted: BlockTrace

        init(_ block: GoldenBlock) throws {
            golden = try Golden.load(from: SafetensorsFile(opening: block.goldenFile))
            layer = try Checkpoint(directory: block.directory, part: block.part)
                .layer(GoldenBlock.layer, experts: .int8).padded()
            input = try golden.hiddenStates.padded(
                rows: golden.tokens, columns: layer.router.weight.columns)
            let cpu = try BackendCatalog.backend(.reference).backend
            wanted = try MoEBlock(layer, backend: cpu, threads: 1)
                .trace(input, routerInput: golden.routerInput, tokenIDs: golden.tokenIDs)
            // The padded layer is the golden one.
            let width = golden.hiddenStates.columns
            let output = try Matrix(
                rows: golden.tokens, columns: width,
                elements: (0..<golden.tokens).flatMap {
                    wanted.results.output.row($0).prefix(width)
                })
            let violations = golden.int8Violations(
                output, expected: golden.int8.output,
                indices: wanted.results.experts.elements)
            #expect(violations == [], "\(block.name)")
        }

        func trace(_ moe: MoEBlock) throws(MoEError) -> BlockTrace {
            try moe.trace(input, routerInput: golden.routerInput, tokenIDs: golden.tokenIDs)
        }

        func compare(_ found: BlockTrace, _ variant: Variant, _ comment: Comment) {
            // Next to a tie an integer of h may go either way, and of x if the device rounds it.
            let mask: UInt8 = variant.quantizes ? 3 : 1
            let agreement = Agreement(of: found, with: wanted, layer: layer)
            let problems = agreement.problems(
                hangsOnTies: golden.ambiguous.map { $0 & mask != 0 })
            #expect(problems == [], comment)
        }
    }
}
