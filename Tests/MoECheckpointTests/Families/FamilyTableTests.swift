import Foundation
import MoECheckpoint
import Testing

/// The families in words.
@Suite("The table of families")
struct FamilyTableTests {
    @Test("Models/README.md is what moe-cli families --markdown prints")
    func isCurrent() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Models/README.md")
        let isCurrent = try String(contentsOf: file, encoding: .utf8) == FamilyTable.markdown()
        #expect(isCurrent, "run make families")
    }

    @Test(
        "a family is what its code does",
        arguments: [
            ("mixtral", "softmax, renormalised", "SwiGLU", "none"),
            (
                "qwen2_moe", "softmax, renormalised by `norm_topk_prob` (default no)", "SwiGLU",
                "behind a sigmoid gate"
            ),
            (
                "deepseek_v3",
                "sigmoid, correction bias, groups by their two best, renormalised by "
                    + "`norm_topk_prob` (default yes), scaled", "SwiGLU", "added"
            ),
            (
                "gpt_oss", "best logits, softmax of the chosen, bias",
                "clamped SwiGLU with α, up + 1", "none"
            ),
            (
                "llama4", "best logits, sigmoid of the chosen, weight on the input", "SwiGLU",
                "added"
            ),
        ])
    func words(name: String, router: String, activation: String, shared: String) throws {
        let family = try #require(ModelFamily.all.first { $0.name == name })
        let summary = try FamilySummary(family)
        #expect(summary.router == router)
        #expect(summary.activation == activation)
        #expect(summary.shared == shared)
    }

    @Test("every family can be put in words", arguments: ModelFamily.all.map(\.name))
    func all(name: String) throws {
        let family = try #require(ModelFamily.all.first { $0.name == name })
        let summary = try FamilySummary(family)
        #expect(!summary.router.isEmpty && !summary.layers.isEmpty)
    }
}
