import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Every published family by its configuration and its tensors' names.
@Suite("Published families")
struct PublishedFamilyTests {
    static let families =
        PublishedFamily.softmaxFamilies + PublishedFamily.sigmoidFamilies
        + PublishedFamily.logitFamilies

    @Test("the configuration gives router, sizes and activation", arguments: families)
    func description(_ published: PublishedFamily) throws {
        let layer = try FamilyDescriptionTests.describe(published.config, layer: 5)
        #expect(layer.router == published.router)
        #expect(layer.hiddenSize == 4)
        #expect(layer.expertWidth == 3)
        #expect(layer.expertCount == 4)
        #expect(layer.sharedWidth == published.sharedWidth)
        #expect(layer.activation == published.activation)
        #expect((layer.sharedActivation ?? layer.activation) == published.wantedSharedActivation)
    }

    @Test("the configuration gives the layers", arguments: families)
    func layers(_ published: PublishedFamily) throws {
        let config = try configuration(published.config)
        let rule = try ModelFamily.of(config).moeLayers
        #expect(
            try PublishedFamily.all.filter { try rule.isMoE(config.layer($0)) } == published.layers)
    }

    @Test("a layer loads under every name it is published with", arguments: families)
    func loading(_ published: PublishedFamily) throws {
        for names in published.names {
            let layer = try checkpoint(published.config, published.tensors(names))
                .layer(5, experts: .float)
            let model = TinyModel()
            #expect(layer.router.weight.elements == model.values(16, seed: 99))
            #expect(
                layer.router.correctionBias
                    == names.correction.map { _ in model.values(4, seed: 98) })
            guard case .float(let experts) = layer.experts else { return #expect(Bool(false)) }
            #expect(experts.map(\.gateUp.elements) == (0..<4).map { model.gate($0) + model.up($0) })
            #expect(experts.map(\.down.elements) == (0..<4).map(model.down))
            #expect((layer.shared != nil) == (published.sharedWidth > 0))
            #expect((layer.shared?.gate != nil) == (names.sharedGate != nil))
            if case .float(let shared)? = layer.shared?.experts {
                let count = published.sharedWidth * 4
                #expect(
                    shared.map(\.gateUp.elements)
                        == [model.values(count, seed: 90) + model.values(count, seed: 91)])
                #expect(shared.map(\.down.elements) == [model.values(count, seed: 92)])
            }
        }
    }

    @Test("every family of the list is among the cases, here or beside")
    func complete() throws {
        let tested = Set(
            try Self.families.map { try ModelFamily.of(configuration($0.config)).name })
        let beside: Set = [
            "mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "deepseek_v2", "deepseek_v3", "glm4_moe",
            "ernie4_5_vl_moe", "inkling_mm_model",
        ]
        #expect(Set(ModelFamily.all.map(\.name)).subtracting(tested).subtracting(beside) == [])
    }
}

extension PublishedFamily {
    var wantedSharedActivation: Activation { sharedActivation ?? activation }

    /// A layer's tensors under some of its names.
    func tensors(_ names: Names) throws -> [String: Tensor] {
        var model = TinyModel()
        model.layer = names.prefix
        model.sharedWidth = sharedWidth
        var tensors = try model.router(names.router)
        if let correction = names.correction {
            tensors = merged([tensors, try model.correctionBias(correction)])
        }
        switch names.experts {
        case .perExpert(let block): tensors = merged([tensors, try model.perExpert(block)])
        case .w1w3w2(let block):
            tensors = merged([
                tensors, try model.perExpert(block, names: ["w1", "w3", "w2"]),
            ])
        case .fused(let block): tensors = merged([tensors, try model.fused(block)])
        case .fusedTransposed(let block):
            tensors = merged([tensors, try model.fused(block, transposed: true)])
        }
        if let block = names.shared.first {
            tensors = merged([
                tensors, try model.shared(block, names: Array(names.shared.dropFirst())),
            ])
        }
        if let gate = names.sharedGate {
            tensors[names.prefix + gate] = try Tensor([1, 2, 3, 4] as [Float], shape: [1, 4])
        }
        return tensors
    }
}
