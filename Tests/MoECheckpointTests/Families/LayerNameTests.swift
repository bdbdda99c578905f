import MoECheckpoint
import Testing

/// Which layer a tensor belongs to, by its name.
@Suite("Layer names")
struct LayerNameTests {
    @Test(
        "the layer is found behind every prefix",
        arguments: [
            "", "model.", "model.language_model.", "language_model.model.", "thinker.model.",
            "talker.model.", "model.llm.", "model.text_model.", "transformer.", "backbone.",
            "language_model.", "model.decoder.",
        ])
    func prefixes(prefix: String) throws {
        let name = try #require(try LayerName(prefix + "layers.12.mlp.experts.3.w1.weight"))
        #expect(name.layer == 12)
        #expect(name.leaf == "mlp.experts.3.w1.weight")
    }

    @Test("a list of layers has several names", arguments: ["layers", "blocks", "h", "block"])
    func lists(list: String) throws {
        #expect(try LayerName("transformer.\(list).0.ffn.w")?.leaf == "ffn.w")
    }

    @Test(
        "towers, heads and embeddings are no layers",
        arguments: [
            "visual.layers.0.mlp.gate.weight", "model.visual.blocks.0.mlp.gate.weight",
            "vision_tower.model.layers.0.mlp.gate.weight", "model.vision_tower.layers.0.x",
            "audio_tower.layers.0.x", "multi_modal_projector.layers.0.x", "mtp.layers.0.x",
            "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight", "model.layers.0",
        ])
    func outside(name: String) throws {
        #expect(try LayerName(name) == nil)
    }

    @Test(
        "an index that is no canonical decimal is refused", arguments: ["007", "+1", "-1", "", "x"])
    func indices(digits: String) {
        #expect(
            message { _ = try LayerName("model.layers.\(digits).mlp.gate.weight") }
                == "model.layers.\(digits).mlp.gate.weight: layer index \"\(digits)\", "
                + "wanted a canonical decimal")
    }
}
