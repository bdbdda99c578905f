import MoE

extension PublishedFamily {
    /// Families whose scores are a sigmoid, or a root of a softplus.
    static let sigmoidFamilies = [
        PublishedFamily(
            type: "kimi_k25",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(3), sharedWidth: 3,
            names: [deepSeek(prefix: "language_model.model.layers.5.")]),
        PublishedFamily(
            type: "deepseek_v32",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5, "first_k_dense_replace": 2
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(2), sharedWidth: 3,
            names: [deepSeek()]),
        PublishedFamily(
            type: "glm4v_moe",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            names: [deepSeek(prefix: "model.language_model.layers.5.")]),
        PublishedFamily(
            type: "glm4_moe_lite",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            names: [deepSeek()]),
        PublishedFamily(
            type: "glm_moe_dsa",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(3), sharedWidth: 3,
            names: [deepSeek()]),
        PublishedFamily(
            type: "glm5_next_text",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(3), sharedWidth: 3,
            activation: clamped(10),
            names: [deepSeek()]),
        PublishedFamily(
            type: "dots1",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5, "scoring_func": "noaux_tc"
                """,
            router: sigmoid(nil, factor: 2.5), layers: all, sharedWidth: 3,
            names: [deepSeek()]),
        PublishedFamily(
            type: "dots3_note",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5, "shared_experts_intermediate_size": 5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 5,
            names: [deepSeek()]),
        PublishedFamily(
            type: "axk1",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            names: [deepSeek()]),
        PublishedFamily(
            type: "axk2",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5, "n_group": 2, "topk_group": 1
                """,
            router: RouterConfiguration(
                topK: 2, score: .sigmoid,
                groups: .init(count: 2, kept: 1, ranking: .sumOfTopTwo, mask: .zero),
                renormalization: .sum(epsilon: 1e-20), scalingFactor: 2.5), layers: from(1),
            sharedWidth: 3,
            names: [deepSeek()]),
        PublishedFamily(
            type: "exaone_moe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "num_shared_experts": 1, "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            names: [
                mlp(correction: "mlp.e_score_correction_bias", shared: "mlp.shared_experts"),
                deepSeek(),
            ]),
        PublishedFamily(
            type: "solar_open",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: all, sharedWidth: 3,
            names: [deepSeek()]),
        PublishedFamily(
            type: "mimo_v2_flash",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": null, \
                "routed_scaling_factor": null, \
                "moe_layer_freq": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
                """,
            router: sigmoid(1e-20), layers: [1, 3, 5, 7, 9],
            names: [deepSeek(shared: nil)]),
        PublishedFamily(
            type: "kimi_linear",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_token": 2, \
                "num_shared_experts": 1, "moe_renormalize": true, "num_expert_group": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            names: [
                Names(
                    router: "block_sparse_moe.gate.weight",
                    correction: "block_sparse_moe.gate.e_score_correction_bias",
                    experts: .w1w3w2("block_sparse_moe.experts"),
                    shared: [
                        "block_sparse_moe.shared_experts", "gate_proj", "up_proj", "down_proj",
                    ])
            ]),
        PublishedFamily(
            type: "hy_v3",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "num_shared_experts": 1, "router_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            names: [
                Names(
                    router: "mlp.router.gate.weight", correction: "mlp.expert_bias",
                    experts: .perExpert("mlp.experts"),
                    shared: ["mlp.shared_mlp", "gate_proj", "up_proj", "down_proj"]),
                mlp(correction: "mlp.e_score_correction_bias", shared: "mlp.shared_experts"),
            ]),
        PublishedFamily(
            type: "hy_v4",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5, "swiglu_limit": 8
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            activation: clamped(8), sharedActivation: .swiGLU,
            names: [
                Names(
                    router: "mlp.gate.weight", correction: "mlp.gate.e_score_correction_bias",
                    experts: .fused("mlp.experts"),
                    shared: ["mlp.shared_experts", "gate_proj", "up_proj", "down_proj"]),
                Names(
                    router: "mlp.gate.weight", correction: "mlp.gate.e_score_correction_bias",
                    experts: .fused("mlp.experts"),
                    shared: ["mlp.shared_experts", "linear_gate", "up_proj", "down_proj"]),
            ]),
        PublishedFamily(
            type: "bailing_moe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "num_shared_experts": 1, "architectures": ["BailingMoeV2ForCausalLM"], \
                "score_function": "sigmoid", "moe_router_enable_expert_bias": true, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: all, sharedWidth: 3,
            names: [mlp(correction: "mlp.gate.expert_bias", shared: "mlp.shared_experts")]),
        PublishedFamily(
            type: "bailing_hybrid",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(2), sharedWidth: 3,
            names: [
                mlp(correction: "mlp.gate.expert_bias", shared: "mlp.shared_experts"), deepSeek(),
            ]),
        PublishedFamily(
            type: "beam",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "routed_scaling_factor": 2.5
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(3),
            names: [deepSeek(shared: nil)]),
        PublishedFamily(
            type: "minimax_m2",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2
                """,
            router: sigmoid(0), layers: all,
            names: [
                Names(
                    router: "block_sparse_moe.gate.weight",
                    correction: "block_sparse_moe.e_score_correction_bias",
                    experts: .w1w3w2("block_sparse_moe.experts"))
            ]),
        PublishedFamily(
            type: "minimax_m3_vl_text",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "shared_intermediate_size": 5, "routed_scaling_factor": 2
                """,
            router: sigmoid(0, factor: 2), layers: all, sharedWidth: 5,
            activation: clamped(7, alpha: 1.702, bias: 1),
            names: [
                Names(
                    router: "block_sparse_moe.gate.weight",
                    correction: "block_sparse_moe.e_score_correction_bias",
                    experts: .w1w3w2("block_sparse_moe.experts"),
                    shared: [
                        "block_sparse_moe.shared_experts", "gate_proj", "up_proj", "down_proj",
                    ])
            ]),
        PublishedFamily(
            type: "step3p5",
            keys: """
                "moe_intermediate_size": 3, "moe_num_experts": 4, "moe_top_k": 2, \
                "share_expert_dim": 5, "moe_router_scaling_factor": 3, \
                "swiglu_limits": [0, 0, 0, 0, 0, 7, 0, 0, 0, 0], \
                "swiglu_limits_shared": [0, 0, 0, 0, 0, null, 0, 0, 0, 0]
                """,
            router: sigmoid(0, factor: 3), layers: from(3), sharedWidth: 5,
            activation: .swiGLUClampedAfter(limit: 7), sharedActivation: .swiGLU,
            names: [
                Names(
                    router: "mlp.gate.weight", correction: "mlp.gate.e_score_correction_bias",
                    experts: .fused("mlp.experts"),
                    shared: ["mlp.shared_experts", "gate_proj", "up_proj", "down_proj"])
            ]),
        PublishedFamily(
            type: "lfm2_moe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2
                """,
            router: sigmoid(1e-6), layers: from(2),
            names: [
                Names(
                    router: "feed_forward.gate.weight", correction: "feed_forward.expert_bias",
                    experts: .w1w3w2("feed_forward.experts"))
            ]),
        PublishedFamily(
            type: "afmoe",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "num_shared_experts": 1, "route_scale": 2.5, "score_func": "sigmoid"
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: from(1), sharedWidth: 3,
            names: [
                Names(
                    router: "mlp.router.gate.weight", correction: "mlp.expert_bias",
                    experts: .perExpert("mlp.experts"),
                    shared: ["mlp.shared_experts", "gate_proj", "up_proj", "down_proj"])
            ]),
        PublishedFamily(
            type: "laguna",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "shared_expert_intermediate_size": 5, "moe_routed_scaling_factor": 2.5
                """,
            router: sigmoid(0, factor: 2.5), layers: from(1), sharedWidth: 5,
            names: [
                mlp(correction: "mlp.experts.e_score_correction_bias", shared: "mlp.shared_expert"),
                deepSeek(),
            ]),
        PublishedFamily(
            type: "flint",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "shared_expert_intermediate_size": 5
                """,
            router: sigmoid(0), layers: all, sharedWidth: 5,
            names: [mlp(shared: "mlp.shared_expert")]),
        PublishedFamily(
            type: "deepseek_v4",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, \
                "num_experts_per_tok": 2, "n_shared_experts": 1, \
                "routed_scaling_factor": 1.5, "num_hash_layers": 0
                """,
            router: RouterConfiguration(
                topK: 2, score: .sqrtSoftplus, renormalization: .sum(epsilon: 1e-20),
                scalingFactor: 1.5), layers: all, sharedWidth: 3, activation: clamped(10),
            names: [
                Names(
                    router: "ffn.gate.weight", correction: "ffn.gate.bias",
                    experts: .w1w3w2("ffn.experts"),
                    shared: ["ffn.shared_experts", "w1", "w3", "w2"], prefix: "layers.5."),
                Names(
                    router: "mlp.gate.weight", correction: "mlp.gate.e_score_correction_bias",
                    experts: .fused("mlp.experts"),
                    shared: ["mlp.shared_experts", "gate_proj", "up_proj", "down_proj"]),
            ]),
    ]
}
