/// What llama.cpp's name of an architecture stands for: a family, and keys in its words.
package struct GGUFArchitecture: Sendable {
    /// What `general.architecture` says.
    let name: String
    /// The family's model type.
    package let modelType: String
    /// Whether the chosen weights are brought to a sum of 1 where the file does not say.
    let renormalizesByDefault: Bool
    /// What the number in `expert_gating_func` may be; it may be absent too.
    let gating: Set<Int>

    init(_ name: String, _ modelType: String, renormalizes: Bool, gating: Set<Int> = [1]) {
        self.name = name
        self.modelType = modelType
        self.renormalizesByDefault = renormalizes
        self.gating = gating
    }

    /// The architectures that are read.
    static let all = [
        GGUFArchitecture("llama", "mixtral", renormalizes: true),
        GGUFArchitecture("qwen2moe", "qwen2_moe", renormalizes: false),
        GGUFArchitecture("qwen3moe", "qwen3_moe", renormalizes: true),
        GGUFArchitecture("qwen3next", "qwen3_next", renormalizes: true),
        GGUFArchitecture("olmoe", "olmoe", renormalizes: false),
        GGUFArchitecture("granitemoe", "granitemoe", renormalizes: true),
        GGUFArchitecture("deepseek", "deepseek", renormalizes: false),
        GGUFArchitecture("deepseek2", "deepseek_v2", renormalizes: false),
        GGUFArchitecture("deepseek2", "deepseek_v3", renormalizes: false, gating: [2]),
        GGUFArchitecture("glm4moe", "glm4_moe", renormalizes: true, gating: [2]),
        GGUFArchitecture("dots1", "dots1", renormalizes: true, gating: [2]),
        GGUFArchitecture("gpt-oss", "gpt_oss", renormalizes: false, gating: [3]),
    ]

    /// The architecture of a file.
    ///
    /// - Parameter file: the file.
    /// - Returns: the architecture; of DeepSeek's, the one whose scores the file names, or that
    ///   has a correction bias.
    /// - Throws: `format` without an architecture, `unsupported` for one that is not read.
    package static func of(_ file: GGUFModel) throws(CheckpointError) -> GGUFArchitecture {
        guard let name = file.metadata["general.architecture"]?.stringValue else {
            throw CheckpointError(.format, "\(file.path): general.architecture: no such key")
        }
        let named = all.filter { $0.name == name }
        guard let first = named.first else {
            throw CheckpointError(
                .unsupported,
                "\(file.path): general.architecture \"\(name.printable)\" is not supported, wanted "
                    + all.map(\.name).uniqued.formatted)
        }
        let key = "\(name).expert_gating_func"
        if let gating = file.metadata[key]?.intValue, gating != 0 {
            guard let architecture = named.first(where: { $0.gating.contains(gating) }) else {
                throw CheckpointError(
                    .unsupported, "\(file.path): \(key): \(gating), which \(name) does not have")
            }
            return architecture
        }
        let hasBias = file.names.contains { $0.contains(".exp_probs_b") }
        return hasBias ? named.last ?? first : first
    }

    /// The configuration that the family's own file would hold.
    package func configuration(_ file: GGUFModel) throws(CheckpointError) -> ModelConfiguration {
        func value(_ key: String) -> JSONValue? { file.metadata["\(name).\(key)"] }
        var config: JSONObject = ["model_type": .string(modelType)]
        config["hidden_size"] = value("embedding_length")
        config["num_experts"] = value("expert_count")
        config["num_experts_per_tok"] = value("expert_used_count")
        let width = value("expert_feed_forward_length") ?? value("feed_forward_length")
        config["moe_intermediate_size"] = width
        config["intermediate_size"] = width
        config["n_shared_experts"] = value("expert_shared_count")
        let sharedWidth = value("expert_shared_feed_forward_length")
        config["shared_expert_intermediate_size"] = sharedWidth
        config["n_group"] = value("expert_group_count")
        config["topk_group"] = value("expert_group_used_count")
        if modelType == "deepseek_v2", (value("expert_group_count")?.intValue ?? 1) > 1 {
            config["topk_method"] = "group_limited_greedy"
        }
        config["first_k_dense_replace"] = value("leading_dense_block_count")
        config["norm_topk_prob"] = value("expert_weights_norm") ?? .bool(renormalizesByDefault)
        // 0 is what llama.cpp writes for none.
        if let scale = value("expert_weights_scale"), scale.doubleValue != 0 {
            config["routed_scaling_factor"] = scale
        }
        // Layers of a prediction head are counted with the decoder's.
        let heads = value("nextn_predict_layers")?.intValue ?? 0
        if let blocks = value("block_count") {
            config["num_hidden_layers"] =
                blocks.intValue.flatMap { heads > 0 && heads < $0 ? .integer($0 - heads) : nil }
                ?? blocks
        }
        return try ModelConfiguration(.object(config), file: file.path)
    }
}

extension BlockTensors {
    /// llama.cpp's names for the tensors that a family has.
    static func gguf(of family: BlockTensors) -> BlockTensors {
        func stacked(_ name: String) -> ExpertTensor {
            ExpertTensor(name: "ffn_\(name)_exps.weight", packing: .stacked)
        }
        func bias(_ name: String) -> ExpertTensor {
            ExpertTensor(name: "ffn_\(name)_exps.bias", packing: .stacked)
        }
        func old(_ name: String) -> ExpertTensor { ExpertTensor(name: "ffn_\(name).{e}.weight") }
        let isBiased = family.experts.contains { $0.downBias != nil }
        let separate = ExpertForm(
            gateUp: .separate(gate: stacked("gate"), up: stacked("up")), down: stacked("down"))
        return BlockTensors(
            router: ["ffn_gate_inp.weight"],
            logitBias: family.logitBias.isEmpty ? [] : ["ffn_gate_inp.bias"],
            correctionBias: family.correctionBias.isEmpty
                ? [] : ["exp_probs_b.bias", "exp_probs_b"],
            experts: [
                isBiased
                    ? separate.biased(
                        gateUp: .separate(gate: bias("gate"), up: bias("up")), down: bias("down"))
                    : separate,
                ExpertForm(gateUp: .fused(stacked("gate_up"), .halves), down: stacked("down")),
                ExpertForm(gateUp: .separate(gate: old("gate"), up: old("up")), down: old("down")),
            ],
            shared: family.shared.isEmpty
                ? []
                : [
                    ExpertForm(
                        gateUp: .separate(
                            gate: ExpertTensor(name: "ffn_gate_shexp.weight"),
                            up: ExpertTensor(name: "ffn_up_shexp.weight")),
                        down: ExpertTensor(name: "ffn_down_shexp.weight"))
                ],
            sharedGate: family.sharedGate.isEmpty ? [] : ["ffn_gate_inp_shexp.weight"])
    }
}

extension Checkpoint {
    /// A checkpoint of a GGUF file, or of the parts of a model: its metadata and its tensors.
    ///
    /// - Parameter path: the file, or any of the parts.
    /// - Throws: what opening a ``GGUFModel`` throws: `file`, `format`; `unsupported` for a model
    ///   of no known architecture, `configuration` for metadata that no such model has.
    public init(gguf path: String) throws(CheckpointError) {
        let file = try GGUFModel(opening: path)
        let architecture = try GGUFArchitecture.of(file)
        let configuration = try architecture.configuration(file)
        var family = try ModelFamily.of(configuration)
        family.tensors = .gguf(of: family.tensors)
        try self.init(
            configuration: configuration, tensors: file, family: family, weightFormat: .gguf)
    }
}
