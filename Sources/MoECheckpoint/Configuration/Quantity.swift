/// A whole number of a model's configuration, with every key under which families write it.
struct Quantity: Sendable {
    /// What it is, as errors say it.
    let name: String
    /// The keys in order of trial; a dot leads into a nested object.
    let keys: [String]
    /// What it may be.
    let range: ClosedRange<Int>
    /// Whether a list holds one value per layer; else a list is an error.
    var isPerLayer = true
}

extension Quantity {
    /// Routed experts: E.
    static let expertCount = Quantity(
        name: "the number of experts",
        keys: [
            "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts",
            "ffn_config.moe_num_experts", "num_routed_experts", "moe_num_primary_experts",
        ],
        range: 1...65536)

    /// Experts a token is sent to: k.
    static let topK = Quantity(
        name: "the number of experts per token",
        keys: [
            "num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_top_k", "moe_k",
            "top_k_experts", "ffn_config.moe_top_k", "experts_per_token", "moe_router_topk",
        ],
        range: 1...1024)

    /// Elements of a token's hidden state: D.
    static let hiddenSize = Quantity(
        name: "the hidden size", keys: ["hidden_size", "d_model"], range: width,
        isPerLayer: false)

    /// Rows of an expert's gate, where experts have a key of their own: H.
    static let expertWidth = Quantity(
        name: "the width of an expert",
        keys: [
            "moe_intermediate_size", "expert_ffn_hidden_size", "ffn_config.ffn_hidden_size",
        ],
        range: width)

    /// Rows of an expert's gate, where every feed-forward network is an expert: H.
    static let intermediateSize = Quantity(
        name: "the width of an expert", keys: ["intermediate_size"], range: width)

    /// Rows of an expert's gate, where both keys must say the same: H.
    static let denseOrExpertWidth = Quantity(
        name: "the width of an expert", keys: ["intermediate_size", "moe_intermediate_size"],
        range: width)

    /// Shared experts: S.
    static let sharedExpertCount = Quantity(
        name: "the number of shared experts",
        keys: [
            "n_shared_experts", "num_shared_experts", "moe_num_shared_experts",
            "num_shared_expert",
        ],
        range: 0...1024)

    /// Rows of the shared expert's gate, where it has a key of its own; 0 for none.
    static let sharedExpertWidth = Quantity(
        name: "the width of the shared expert",
        keys: [
            "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size",
            "shared_intermediate_size", "share_expert_dim", "share_expert_dims",
        ],
        range: 0...width.upperBound)

    /// Decoder layers.
    static let layerCount = Quantity(
        name: "the number of layers", keys: ["num_hidden_layers", "n_layers", "num_layers"],
        range: 1...4096, isPerLayer: false)

    /// Groups that the experts form; 0 and 1 for none.
    static let groupCount = Quantity(
        name: "the number of expert groups", keys: ["n_group", "num_expert_group"],
        range: 0...65536)

    /// Groups that stay in the selection.
    static let keptGroupCount = Quantity(
        name: "the number of selected groups", keys: ["topk_group"], range: 0...65536)

    /// Experts without weights that give back their input; 0 for none.
    static let identityExpertCount = Quantity(
        name: "the number of identity experts", keys: ["zero_expert_num"], range: 0...65536)

    /// Layers before the first MoE layer.
    static let denseLayerCount = Quantity(
        name: "the number of leading dense layers", keys: ["first_k_dense_replace"],
        range: 0...4096)

    /// What D, H and the width of a shared expert may be.
    static let width = 1...(1 << 20)
}
