import ArgumentParser

/// The sizes of a layer, by a model's name or as `D,H,E,k`.
struct BenchShape: ExpressibleByArgument, Sendable {
    let name: String
    let hidden: Int
    let width: Int
    let experts: Int
    let topK: Int

    /// Routed experts of published models.
    static let published: [BenchShape] = [
        BenchShape("mixtral-8x7b", 4096, 14336, 8, 2),
        BenchShape("mixtral-8x22b", 6144, 16384, 8, 2),
        BenchShape("qwen1.5-moe-a2.7b", 2048, 1408, 60, 4),
        BenchShape("qwen2-57b-a14b", 3584, 2560, 64, 8),
        BenchShape("qwen3-30b-a3b", 2048, 768, 128, 8),
        BenchShape("qwen3-235b-a22b", 4096, 1536, 128, 8),
        BenchShape("qwen3-next-80b-a3b", 2048, 512, 512, 10),
        BenchShape("olmoe-1b-7b", 2048, 1024, 64, 8),
        BenchShape("deepseek-v2-lite", 2048, 1408, 64, 6),
        BenchShape("deepseek-v2", 5120, 1536, 160, 6),
        BenchShape("glm-4.5", 5120, 1536, 160, 8),
        BenchShape("glm-4.5-air", 4096, 1408, 128, 8),
        BenchShape("minimax-m2", 3072, 1536, 256, 8),
        BenchShape("gpt-oss-20b", 2880, 2880, 32, 4),
        BenchShape("ling-mini-2.0", 2048, 512, 256, 8),
        BenchShape("granite-3.0-1b-a400m", 1024, 512, 32, 8),
        BenchShape("phi-3.5-moe", 4096, 6400, 16, 2),
        BenchShape("lfm2-8b-a1b", 2048, 1792, 32, 4),
    ]

    init(_ name: String, _ hidden: Int, _ width: Int, _ experts: Int, _ topK: Int) {
        self.name = name
        self.hidden = hidden
        self.width = width
        self.experts = experts
        self.topK = topK
    }

    init?(argument: String) {
        if let known = Self.published.first(where: { $0.name == argument }) {
            self = known
            return
        }
        let sizes = argument.split(separator: ",", omittingEmptySubsequences: false)
            .map { Int($0) ?? 0 }
        guard sizes.count == 4, sizes.allSatisfy({ (1...1 << 20).contains($0) }),
            sizes[3] <= sizes[2]
        else { return nil }
        self.init(argument, sizes[0], sizes[1], sizes[2], sizes[3])
    }

    static var allValueStrings: [String] { published.map(\.name) }

    /// Bytes of one expert's int8 weights.
    var expertBytes: Int { 3 * hidden * width }

    /// Multiply-adds of all rows of so many tokens through gate·up and down.
    func multiplyAdds(tokens: Int) -> Double { Double(tokens * topK * expertBytes) }
}
