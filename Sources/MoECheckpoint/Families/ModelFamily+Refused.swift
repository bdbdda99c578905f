extension ModelFamily {
    /// Families that the block's structure cannot carry, by `model_type`, and why.
    public static let refused = [
        "zaya": "its router is a network that reads the state of the layer before",
        "doge": "its experts are single vectors, not feed-forward networks",
        "switch_transformers": "its router drops the tokens that are beyond an expert's capacity",
        "nllb-moe": "its router drops the tokens that are beyond an expert's capacity",
        "nllb_moe": "its router drops the tokens that are beyond an expert's capacity",
        "muse_spark": "it normalises every expert's output and projects around the experts",
        "grok-1": "its published ports disagree on the kind of GELU",
        "grok": "its published ports disagree on the kind of GELU",
    ]
}
