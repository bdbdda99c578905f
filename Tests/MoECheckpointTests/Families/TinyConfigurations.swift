/// A `config.json` of every family, with the keys and of the sizes of `TinyModel`.
enum TinyConfiguration {
    static let mixtral = """
        {"model_type": "mixtral", "hidden_size": 4, "intermediate_size": 3, "num_hidden_layers": 3,
         "num_local_experts": 4, "num_experts_per_tok": 2, "hidden_act": "silu"}
        """
    static let qwen2MoE = """
        {"model_type": "qwen2_moe", "hidden_size": 4, "intermediate_size": 6,
         "moe_intermediate_size": 3, "num_hidden_layers": 3, "num_experts": 4,
         "num_experts_per_tok": 2, "shared_expert_intermediate_size": 5, "norm_topk_prob": false,
         "decoder_sparse_step": 1, "mlp_only_layers": []}
        """
    static let qwen3MoE = """
        {"model_type": "qwen3_moe", "hidden_size": 4, "intermediate_size": 6,
         "moe_intermediate_size": 3, "num_hidden_layers": 3, "num_experts": 4,
         "num_experts_per_tok": 2, "norm_topk_prob": true, "decoder_sparse_step": 1,
         "mlp_only_layers": []}
        """
    static let olmoe = """
        {"model_type": "olmoe", "hidden_size": 4, "intermediate_size": 3, "num_hidden_layers": 3,
         "num_experts": 4, "num_experts_per_tok": 2, "norm_topk_prob": false}
        """
    static let deepSeekV2Lite = """
        {"model_type": "deepseek_v2", "hidden_size": 4, "intermediate_size": 6,
         "moe_intermediate_size": 3, "num_hidden_layers": 3, "n_routed_experts": 4,
         "num_experts_per_tok": 2, "n_shared_experts": 2, "n_group": 1, "topk_group": 1,
         "topk_method": "greedy", "scoring_func": "softmax", "norm_topk_prob": false,
         "routed_scaling_factor": 1.0, "first_k_dense_replace": 1, "moe_layer_freq": 1}
        """
    static let deepSeekV2 = """
        {"model_type": "deepseek_v2", "hidden_size": 4, "intermediate_size": 6,
         "moe_intermediate_size": 3, "num_hidden_layers": 3, "n_routed_experts": 4,
         "num_experts_per_tok": 2, "n_shared_experts": 2, "n_group": 2, "topk_group": 1,
         "topk_method": "group_limited_greedy", "norm_topk_prob": false,
         "routed_scaling_factor": 16.0, "first_k_dense_replace": 1}
        """
    static let deepSeekV3 = """
        {"model_type": "deepseek_v3", "hidden_size": 4, "intermediate_size": 6,
         "moe_intermediate_size": 3, "num_hidden_layers": 3, "n_routed_experts": 4,
         "num_experts_per_tok": 2, "n_shared_experts": 1, "n_group": 2, "topk_group": 1,
         "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true,
         "routed_scaling_factor": 2.5, "first_k_dense_replace": 1, "moe_layer_freq": 1}
        """
    static let kimiK2 = """
        {"model_type": "kimi_k2", "hidden_size": 4, "intermediate_size": 6,
         "moe_intermediate_size": 3, "num_hidden_layers": 3, "n_routed_experts": 4,
         "num_experts_per_tok": 2, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
         "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true,
         "routed_scaling_factor": 2.827, "first_k_dense_replace": 1, "moe_layer_freq": 1}
        """
    static let glm4MoE = """
        {"model_type": "glm4_moe", "hidden_size": 4, "intermediate_size": 6,
         "moe_intermediate_size": 3, "num_hidden_layers": 3, "n_routed_experts": 4,
         "num_experts_per_tok": 2, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
         "norm_topk_prob": true, "routed_scaling_factor": 1, "first_k_dense_replace": 1}
        """
}
