import MoE

extension PublishedFamily {
    /// Families that choose by logits, or store their experts in a way of their own.
    static let logitFamilies = [
        PublishedFamily(
            type: "kolibri1",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
                "shared_expert_intermediate_size": 5
                """,
            router: RouterConfiguration(topK: 2, score: .logits, weighting: .sigmoidOfSelected),
            layers: all, sharedWidth: 5,
            names: [
                mlp(correction: "moe.router.expert_bias", shared: "mlp.shared_experts"), deepSeek(),
            ]),
        PublishedFamily(
            type: "cohere2_moe",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "num_shared_experts": 1, "expert_selection_fn": "sigmoid"
                """,
            router: RouterConfiguration(
                topK: 2, score: .logits, weighting: .sigmoidOfSelected,
                renormalization: .sum(epsilon: 0), scalingFactor: 0.5), layers: all, sharedWidth: 3,
            names: [mlp(shared: "mlp.shared_experts")]),
        PublishedFamily(
            type: "granitemoehybrid",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "shared_intermediate_size": 0
                """,
            router: bestLogits, layers: all,
            names: [
                Names(
                    router: "block_sparse_moe.router.weight",
                    experts: .fused("block_sparse_moe.experts"))
            ]),
        PublishedFamily(
            type: "aria_text",
            keys: """
                "intermediate_size": 3, "moe_num_experts": 4, "moe_topk": 2, \
                "moe_num_shared_experts": 2
                """,
            router: bestLogits, layers: all, sharedWidth: 6,
            names: [
                Names(
                    router: "mlp.router.weight", experts: .fusedTransposed("mlp.experts"),
                    shared: ["mlp.shared_experts", "gate_proj", "up_proj", "down_proj"])
            ]),
        PublishedFamily(
            type: "gpt_oss",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "swiglu_limit": 7.0
                """,
            router: bestLogits, layers: all, activation: clamped(7, alpha: 1.702, bias: 1),
            names: []),
        PublishedFamily(
            type: "openai_privacy_filter",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2
                """,
            router: bestLogits, layers: all, activation: clamped(7, alpha: 1.702, bias: 1),
            names: []),
        PublishedFamily(
            type: "jetmoe",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "activation_function": "silu"
                """,
            router: bestLogits, layers: all,
            names: []),
        PublishedFamily(
            type: "dbrx",
            keys: """
                "d_model": 4, "n_layers": 10, "ffn_config": {"ffn_hidden_size": 3, \
                "moe_num_experts": 4, "moe_top_k": 2, "ffn_act_fn": {"name": "silu"}, \
                "moe_normalize_expert_weights": 1.0}
                """,
            router: softmax(0), layers: all,
            names: []),
        PublishedFamily(
            type: "longcat_flash",
            keys: """
                "expert_ffn_hidden_size": 3, "n_routed_experts": 4, "zero_expert_num": 2, \
                "zero_expert_type": "identity", "moe_topk": 2, "routed_scaling_factor": 6.0
                """,
            router: softmax(factor: 6), layers: all,
            names: []),
        PublishedFamily(
            type: "llama4_text",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "interleave_moe_layer_step": 2
                """,
            router: RouterConfiguration(topK: 2, score: .logits, weighting: .sigmoidOfSelected),
            layers: [1, 3, 5, 7, 9], sharedWidth: 3,
            names: [
                Names(
                    router: "feed_forward.router.weight",
                    experts: .fusedTransposed("feed_forward.experts"),
                    shared: [
                        "feed_forward.shared_expert", "gate_proj", "up_proj", "down_proj",
                    ], prefix: "language_model.model.layers.5."),
                Names(
                    router: "feed_forward.router.weight",
                    experts: .perExpert("feed_forward.experts"),
                    shared: [
                        "feed_forward.shared_expert", "gate_proj", "up_proj", "down_proj",
                    ]),
            ]),
        PublishedFamily(
            type: "llama4",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "moe_layers": [5, 7]
                """,
            router: RouterConfiguration(topK: 2, score: .logits, weighting: .sigmoidOfSelected),
            layers: [5, 7], sharedWidth: 3, names: []),
        PublishedFamily(
            type: "phimoe",
            keys: """
                "intermediate_size": 3, "num_local_experts": 4, "num_experts_per_tok": 2, \
                "router_jitter_noise": 0.02
                """,
            router: RouterConfiguration(
                topK: 2, score: .logits, weighting: .sparseMixer(jitter: 0.02)),
            layers: all,
            names: [
                Names(
                    router: "block_sparse_moe.gate.weight",
                    experts: .w1w3w2("block_sparse_moe.experts")),
                Names(router: "mlp.router.weight", experts: .fused("mlp.experts")),
            ]),
        PublishedFamily(
            type: "gemma4_text",
            keys: """
                "moe_intermediate_size": 3, "num_experts": 4, "top_k_experts": 2, \
                "enable_moe_block": true, "hidden_activation": "gelu_pytorch_tanh"
                """,
            router: softmax(0), layers: all, activation: .geluTanh, names: []),
        PublishedFamily(
            type: "inkling2",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, "num_experts_per_tok": 2, \
                "route_scale": 8, "mlp_gate_softcap": 3
                """,
            router: sigmoid(1e-20, factor: 8), layers: all,
            activation: .softcappedSwiGLU(gateCap: 3, upCap: 25),
            names: [
                Names(
                    router: "mlp.gate.weight", correction: "mlp.gate.bias",
                    experts: .fused("mlp.experts"), prefix: "model.llm.layers.5.")
            ]),
        PublishedFamily(
            type: "nemotron_h",
            keys: """
                "moe_intermediate_size": 3, "n_routed_experts": 4, "num_experts_per_tok": 2, \
                "moe_shared_expert_intermediate_size": 5, "routed_scaling_factor": 2.5, \
                "hybrid_override_pattern": "ME*E-EMMME"
                """,
            router: sigmoid(1e-20, factor: 2.5), layers: [1, 3, 5, 9], sharedWidth: 5,
            activation: .squaredReLU, names: []),
    ]
}
