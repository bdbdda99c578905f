extension ModelFamily {
    /// Every family the library reads; a new one is a file beside this one and a line here.
    public static let all: [ModelFamily] = [
        .mixtral,
        .qwen2MoE,
        .qwen3MoE,
        .olmoe,
        .deepSeekV2,
        .deepSeekV3,
        .glm4MoE,
    ]
}
