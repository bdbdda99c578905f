import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// What loading says of checkpoints that are not what their configuration promises.
@Suite("Loading errors")
struct LayerErrorTests {
    let model = TinyModel()
    typealias Change = (inout MemoryTensorSource) throws -> Void
    static let experts = "model.layers.1.mlp.experts."

    /// The message about a Qwen3-MoE checkpoint that a body has changed.
    func loading(
        _ config: String = TinyConfiguration.qwen3MoE, layer: Int = 1,
        as format: ExpertFormat = .int8, change: Change = { _ in }
    ) -> String {
        message {
            var source = MemoryTensorSource(merged([try model.router(), try model.perExpert()]))
            try change(&source)
            _ = try checkpoint(config, source).layer(layer, experts: format)
        }
    }

    @Test("the checkpoint that the other tests break is sound")
    func sound() {
        #expect(loading() == "no error")
    }

    // MARK: - Layers

    @Test(
        "a dense layer, a missing one and one that does not exist are told apart",
        arguments: [
            (0, "layer 0 is dense, wanted a MoE layer: 1"),
            (
                2,
                "layer 2 is MoE by decoder_sparse_step and mlp_only_layers, but the checkpoint has "
                    + "no router for it, wanted mlp.gate.weight"
            ),
            (3, "there is no layer 3, wanted one within 0...2"),
            (-1, "there is no layer -1, wanted one within 0...2"),
            (Int.max, "there is no layer 9223372036854775807, wanted one within 0...2"),
        ])
    func layers(layer: Int, expected: String) {
        let config = replacing(
            "\"mlp_only_layers\": []", with: "\"mlp_only_layers\": [0]",
            in: TinyConfiguration.qwen3MoE)
        #expect(loading(config, layer: layer) == "config.json: " + expected)
    }

    @Test("a layer that the configuration calls dense must have no router")
    func unexpectedRouter() {
        let config = replacing(
            "\"mlp_only_layers\": []", with: "\"mlp_only_layers\": [1]",
            in: TinyConfiguration.qwen3MoE)
        #expect(
            loading(config) == "config.json: layer 1 is dense by decoder_sparse_step and "
                + "mlp_only_layers, but the checkpoint holds model.layers.1.mlp.gate.weight")
    }

    @Test("isMoE agrees with both and lists runs of layers")
    func isMoE() throws {
        var tensors: [String: Tensor] = [:]
        for layer in 1...2 {
            var model = model
            model.layer = "model.layers.\(layer)."
            tensors = merged([tensors, try model.router()])
        }
        let checkpoint = try checkpoint(TinyConfiguration.glm4MoE, tensors)
        #expect(try checkpoint.isMoE(layer: 0) == false)
        #expect(try checkpoint.isMoE(layer: 2))
        #expect(
            message { _ = try checkpoint.layer(0, experts: .int8) }
                == "config.json: layer 0 is dense, wanted a MoE layer: 1...2")
    }

    @Test("a layer whose router has two names is refused")
    func twoRouters() {
        #expect(
            loading(TinyConfiguration.mixtral) {
                $0.tensors.merge(try model.router("block_sparse_moe.gate.weight")) { $1 }
            } == "model.layers.1.block_sparse_moe.gate.weight and model.layers.1.mlp.gate.weight "
                + "are both there, wanted one of them")
    }

    @Test("a tensor under two prefixes is refused")
    func twoPrefixes() {
        #expect(
            loading {
                $0.tensors["layers.1.mlp.gate.weight"] = try Tensor([0] as [Float], shape: [1])
            } == "layers.1.mlp.gate.weight and model.layers.1.mlp.gate.weight are the same tensor "
                + "of layer 1, wanted one of them")
    }

    // MARK: - Experts

    @Test(
        "an index that is no canonical decimal, or too great, is refused",
        arguments: [
            (
                "007",
                "expert index \"007\", wanted a decimal below 4 without sign and leading zeros"
            ),
            ("-1", "expert index \"-1\", wanted a decimal below 4 without sign and leading zeros"),
            ("+1", "expert index \"+1\", wanted a decimal below 4 without sign and leading zeros"),
            (
                "18446744073709551616",
                "expert index \"18446744073709551616\", wanted a decimal below "
                    + "4 without sign and leading zeros"
            ),
            (
                "0.0",
                "expert index \"0.0\", wanted a decimal below 4 without sign and leading zeros"
            ),
            ("4", "expert 4, wanted 4 experts by the configuration"),
        ])
    func indices(digits: String, expected: String) {
        let name = "\(Self.experts)\(digits).up_proj.weight"
        #expect(
            loading { $0.tensors[name] = try model.tensor(model.up(0), [3, 4]) }
                == "\(name): \(expected)")
    }

    @Test("a missing expert or projection is named", arguments: ["gate", "up", "down"], [0, 1, 3])
    func holes(projection: String, expert: Int) {
        #expect(
            loading { $0.tensors["\(Self.experts)\(expert).\(projection)_proj.weight"] = nil }
                == "layer 1 has no tensor mlp.experts.\(expert).\(projection)_proj.weight, wanted 4 "
                + "experts by the configuration")
    }

    @Test("fewer experts than the configuration's are refused in every form")
    func fewerExperts() {
        let config = replacing(
            "\"num_experts\": 4", with: "\"num_experts\": 5", in: TinyConfiguration.qwen3MoE)
        #expect(
            loading(config) == "model.safetensors: model.layers.1.mlp.gate.weight: shape [4, 4], "
                + "wanted [5, 4] by the configuration")
        #expect(
            message {
                var router = model
                router.experts = 5
                _ = try checkpoint(config, router.router(), model.fused())
                    .layer(1, experts: .int8)
            } == "model.safetensors: model.layers.1.mlp.experts.gate_up_proj: shape [4, 6, 4], "
                + "wanted [5, 6, 4] by the configuration")
    }

    @Test("a layer with a router and no experts is refused")
    func noExperts() {
        #expect(
            loading { $0 = MemoryTensorSource(try model.router()) }
                == "layer 1 has no experts, wanted mlp.experts.{e}.down_proj.weight or "
                + "mlp.experts.down_proj")
    }

    @Test("a tensor of the block that nothing reads is refused")
    func unread() {
        #expect(
            loading {
                $0.tensors["\(Self.experts)0.gate_proj.bias"] = try Tensor(
                    [0] as [Float], shape: [1])
            } == "\(Self.experts)0.gate_proj.bias: unexpected tensor, which no part of a qwen3_moe "
                + "block with this configuration reads")
        #expect(
            loading { $0.tensors.merge(try model.fused()) { $1 } }
                == "\(Self.experts)down_proj: unexpected tensor, which no part of a qwen3_moe "
                + "block with this configuration reads")
    }

    @Test("tensors outside the block are not looked at")
    func outsideTheBlock() {
        #expect(
            loading {
                $0.tensors["model.layers.1.self_attn.q_proj.weight"] = try Tensor(
                    [0] as [Int8], shape: [1])
            } == "no error")
    }

    // MARK: - Shapes, types, values

    @Test("a shape that disagrees is named with its file")
    func shape() {
        let name = "\(Self.experts)2.up_proj.weight"
        #expect(
            loading {
                $0.tensors[name] = try model.tensor(model.values(8, seed: 1), [2, 4])
                $0.files[name] = "model-00002-of-00002.safetensors"
            } == "model-00002-of-00002.safetensors: \(name): shape [2, 4], wanted [3, 4] by the "
                + "configuration")
    }

    @Test("a type that no weights have is refused by name")
    func types() throws {
        let name = "\(Self.experts)1.down_proj.weight"
        let weights: [ElementType] = [.bf16, .f16, .f32, .i8]
        for type in ElementType.allCases
        where !weights.contains(type) && !type.rawValue.hasPrefix("F8_E") || type == .f8e8m0 {
            let size = try #require(Tensor.byteCount(type: type, shape: [4, 3]))
            #expect(
                loading {
                    $0.tensors[name] = try Tensor(
                        type: type, shape: [4, 3], bytes: [UInt8](repeating: 0, count: size))
                } == "model.safetensors: \(name): type \(type.rawValue), wanted BF16, F16, F32, "
                    + "I8 or FP8")
        }
    }

    @Test("a router is of floats")
    func routerType() throws {
        let name = "model.layers.1.mlp.gate.weight"
        #expect(
            loading {
                $0.tensors[name] = try Tensor([Int8](repeating: 0, count: 16), shape: [4, 4])
            } == "model.safetensors: \(name): type I8, wanted BF16, F16 or F32")
    }

    @Test(
        "NaN and infinity are refused wherever they are", arguments: [Float.nan, .infinity],
        [ElementType.bf16, .f16, .f32])
    func notFinite(value: Float, type: ElementType) throws {
        for format in ExpertFormat.allCases {
            let name = "\(Self.experts)3.up_proj.weight"
            #expect(
                loading(as: format) {
                    var values = model.up(3)
                    values[9] = value
                    $0.tensors[name] = try .floats(values, [3, 4], as: type)
                }
                    == "model.safetensors: \(name): row 2 holds NaN or infinity, wanted finite weights"
            )
            #expect(
                loading(as: format) {
                    var values = model.values(16, seed: 1)
                    values[4] = value
                    $0.tensors["model.layers.1.mlp.gate.weight"] = try .floats(
                        values, [4, 4], as: type)
                }
                    == "model.safetensors: model.layers.1.mlp.gate.weight: row 1 holds NaN or infinity, "
                    + "wanted finite weights")
        }
    }

    @Test("a NaN in fused experts is named with its expert", arguments: [false, true])
    func notFiniteFused(transposed: Bool) throws {
        var source = MemoryTensorSource(
            merged([try model.router(), try model.fused(transposed: transposed)]))
        let name = "\(Self.experts)gate_up_proj"
        var values = try #require(source.tensors[name]?.floats())
        values[2 * 24 + (transposed ? 1 * 6 + 4 : 4 * 4 + 1)] = .nan
        source.tensors[name] = try .floats(values, transposed ? [4, 4, 6] : [4, 6, 4])
        #expect(
            message { _ = try checkpoint(TinyConfiguration.olmoe, source).layer(1, experts: .int8) }
                == "model.safetensors: \(name): expert 2, row 4 holds NaN or infinity, wanted finite "
                + "weights")
    }

    @Test("a NaN in the correction bias is refused")
    func notFiniteBias() {
        #expect(
            loading(TinyConfiguration.glm4MoE) {
                let bias = "model.layers.1.mlp.gate.e_score_correction_bias"
                $0.tensors[bias] = try .floats([0, 0, .nan, 0], [4])
                var model = model
                model.sharedWidth = 3
                $0.tensors.merge(try model.shared()) { $1 }
            }
                == "model.safetensors: model.layers.1.mlp.gate.e_score_correction_bias: row 2 holds NaN "
                + "or infinity, wanted finite weights")
    }

    // MARK: - Roles

    @Test("a missing correction bias, shared expert or gate is named")
    func missingRoles() {
        #expect(
            loading(TinyConfiguration.glm4MoE) == "layer 1 has no tensor for a correction bias, "
                + "wanted mlp.gate.e_score_correction_bias")
        #expect(
            loading(TinyConfiguration.deepSeekV2Lite) == "layer 1 has no shared expert, wanted "
                + "mlp.shared_experts.down_proj.weight")
        #expect(
            loading(TinyConfiguration.qwen2MoE) {
                $0.tensors.merge(try model.shared("mlp.shared_expert")) { $1 }
            } == "layer 1 has no tensor for a shared expert's gate, wanted "
                + "mlp.shared_expert_gate.weight")
    }

    @Test("a shared expert that the configuration does not have is refused")
    func unexpectedShared() {
        let config = replacing(
            "\"n_shared_experts\": 2", with: "\"n_shared_experts\": null",
            in: TinyConfiguration.deepSeekV2)
        #expect(
            loading(config) { $0.tensors.merge(try model.shared()) { $1 } }
                == "model.layers.1.mlp.shared_experts.down_proj.weight: unexpected tensor, which no "
                + "part of a deepseek_v2 block with this configuration reads")
    }

    // MARK: - Whole checkpoints

    @Test("a checkpoint without a number of layers, or with too many, is refused")
    func layerCount() {
        #expect(
            loading(
                replacing("\"num_hidden_layers\": 3,", with: "", in: TinyConfiguration.qwen3MoE))
                == "config.json: the number of layers is missing, wanted num_hidden_layers, n_layers "
                + "or num_layers")
        #expect(
            loading(
                replacing(
                    "\"num_hidden_layers\": 3", with: "\"num_hidden_layers\": 4097",
                    in: TinyConfiguration.qwen3MoE))
                == "config.json: num_hidden_layers: 4097, wanted an integer within 1...4096")
    }
}
