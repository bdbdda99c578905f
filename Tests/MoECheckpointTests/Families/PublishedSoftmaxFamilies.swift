import MoE

extension PublishedFamily {
    /// Families whose scores are a softmax over all experts.
    static let softmaxFamilies = [
        PublishedFamily(
            type: "minimax_m1",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2
                """,
            router: softmax(0), layers: all,
            names: [
                Names(
                    router: "block_sparse_moe.gate.weight",
                    experts: .w1w3w2("block_sparse_moe.experts")),
                Names(router: "mlp.gate.weight", experts: .fused("mlp.experts")),
            ]),
        PublishedFamily(
            type: "qwen3_next",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "shared_expert_intermediate_size": 5
                """,
            router: softmax(0), layers: all, sharedWidth: 5,
            names: [mlp(shared: "mlp.shared_expert", sharedGate: "mlp.shared_expert_gate.weight")]),
        PublishedFamily(
            type: "qwen3_5_moe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "shared_expert_intermediate_size": 5
                """,
            router: softmax(0), layers: all, sharedWidth: 5,
            names: [
                mlp(shared: "mlp.shared_expert", sharedGate: "mlp.shared_expert_gate.weight"),
                Names(
                    router: "mlp.gate.weight", experts: .fused("mlp.experts"),
                    shared: ["mlp.shared_expert", "gate_proj", "up_proj", "down_proj"],
                    sharedGate: "mlp.shared_expert_gate.weight",
                    prefix: "model.language_model.layers.5."),
            ]),
        PublishedFamily(
            type: "qwen4_exp_text",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "shared_expert_intermediate_size": 5
                """,
            router: softmax(0), layers: all, sharedWidth: 5,
            names: [mlp(shared: "mlp.shared_expert", sharedGate: "mlp.shared_expert_gate.weight")]),
        PublishedFamily(
            type: "qwen3_vl_moe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "mlp_only_layers": [0]
                """,
            router: softmax(0), layers: from(1),
            names: [
                Names(
                    router: "mlp.gate.weight", experts: .fusedTransposed("mlp.experts"),
                    prefix: "model.language_model.layers.5."),
                Names(router: "mlp.gate.weight", experts: .fused("mlp.experts")),
            ]),
        PublishedFamily(
            type: "qwen3_omni_moe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2
                """,
            router: softmax(0), layers: all,
            names: [mlp(prefix: "thinker.model.layers.5.")]),
        PublishedFamily(
            type: "flex_olmo",
            keys: """
                "intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2
                """,
            router: softmax(), layers: all,
            names: [mlp()]),
        PublishedFamily(
            type: "mellum",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "mlp_layer_types": ["dense", "dense", "dense", "dense", "dense", "sparse", \
                "sparse", "sparse", "sparse", "sparse"]
                """,
            router: softmax(0), layers: from(5),
            names: [mlp()]),
        PublishedFamily(
            type: "deepseek",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, "first_k_dense_replace": 1
                """,
            router: softmax(), layers: from(1), sharedWidth: 3,
            names: [mlp(shared: "mlp.shared_experts")]),
        PublishedFamily(
            type: "bailing_moe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "num_shared_experts": 1, "architectures": ["BailingMoeForCausalLM"], \
                "norm_topk_prob": true
                """,
            router: softmax(0), layers: all, sharedWidth: 3,
            names: [mlp(shared: "mlp.shared_experts")]),
        PublishedFamily(
            type: "step3_text",
            keys: """
                "moe_intermediate_size": 3, "moe_num_experts": 4, "moe_top_k": 2, \
                "share_expert_dim": 5, "moe_layers_enum": "4,5, 6"
                """,
            router: softmax(0), layers: [4, 5, 6], sharedWidth: 5,
            names: []),
        PublishedFamily(
            type: "hunyuan_v1_moe",
            keys: """
                "intermediate_size": 3, \
                "moe_intermediate_size": [3, 3, 3, 3, 3, 3, 3, 3, 3, 3], "num_experts": 4, \
                "moe_topk": [1, 1, 1, 1, 1, 2, 1, 1, 1, 1], \
                "num_shared_expert": [1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
                """,
            router: softmax(0), layers: all, sharedWidth: 6,
            names: [
                Names(
                    router: "mlp.gate.wg.weight", experts: .perExpert("mlp.experts"),
                    shared: ["mlp.shared_mlp", "gate_proj", "up_proj", "down_proj"])
            ]),
        PublishedFamily(
            type: "jamba",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2
                """,
            router: softmax(), layers: [1, 3, 5, 7, 9],
            names: [
                Names(
                    router: "feed_forward.router.weight",
                    experts: .perExpert("feed_forward.experts"))
            ]),
        PublishedFamily(
            type: "arctic",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2
                """,
            router: softmax(0), layers: [1, 3, 5, 7, 9],
            names: [
                Names(
                    router: "block_sparse_moe.gate.weight",
                    experts: .w1w3w2("block_sparse_moe.experts"))
            ]),
        PublishedFamily(
            type: "ernie4_5_moe",
            keys: """
                "moe_intermediate_size": 3, "moe_num_experts": 4, "moe_k": 2, \
                "moe_num_shared_experts": 2, "moe_layer_start_index": 2, \
                "moe_layer_end_index": 7
                """,
            router: RouterConfiguration(
                topK: 2, score: .softmax, renormalization: .sumAtLeast(minimum: 1e-12)),
            layers: Array(2...7), sharedWidth: 6,
            names: [
                mlp(
                    correction: "mlp.moe_statics.e_score_correction_bias",
                    shared: "mlp.shared_experts"),
                mlp(
                    correction: "mlp.gate.moe_statics.e_score_correction_bias",
                    shared: "mlp.shared_experts"),
            ]),
        PublishedFamily(
            type: "mistral4",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, "n_group": 2, \
                "topk_group": 1, "routed_scaling_factor": 2.5
                """,
            router: RouterConfiguration(
                topK: 2, score: .softmax,
                groups: .init(count: 2, kept: 1, ranking: .sumOfTopTwo, mask: .zero),
                renormalization: .sum(epsilon: 1e-20), scalingFactor: 2.5), layers: all,
            sharedWidth: 3,
            names: [mlp(shared: "mlp.shared_experts")]),
        PublishedFamily(
            type: "mistral_large4",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, "norm_topk_prob": false
                """,
            router: softmax(1e-20), layers: from(1), sharedWidth: 3,
            names: [
                Names(
                    router: "gate.weight", experts: .w1w3w2("experts"),
                    shared: ["shared_experts", "w1", "w3", "w2"], prefix: "layers.5."),
                Names(
                    router: "gate.weight", experts: .w1w3w2("experts"),
                    shared: ["shared_experts", "gate_proj", "up_proj", "down_proj"]),
                Names(
                    router: "mlp.gate.weight", experts: .fused("mlp.experts"),
                    shared: ["mlp.shared_experts", "gate_proj", "up_proj", "down_proj"]),
            ]),
    ]
}
