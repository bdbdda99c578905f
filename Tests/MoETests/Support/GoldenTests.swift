import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("Golden blocks")
struct GoldenTests {
    /// Two tokens, hidden size 3, one of two experts each, a shared expert.
    private func tensors() throws -> [String: Tensor] {
        let output: [Float] = [1, 2, 3, 4, 5, 6]
        var tensors = [
            "topk_indices": try Tensor([1, 0] as [Int32], shape: [2, 1]),
            "topk_weights": try Tensor([0.5, 0.25] as [Float], shape: [2, 1]),
            "topk_margin": try Tensor([1, 1] as [Float], shape: [2]),
            "topk_order_gap": try Tensor([1, 1] as [Float], shape: [2]),
            "group_index": try Tensor([1, 1] as [Int64], shape: [2]),
            "w8a8_ambiguous": try Tensor([0, 1] as [UInt8], shape: [2]),
            "w8a8_flip_bound": try Tensor([0, 0.1] as [Float], shape: [2]),
        ]
        for name in ["hidden_states", "output", "routed_output", "shared_output"] {
            tensors[name] = try Tensor(output, shape: [2, 3])
        }
        for name in ["w8a8_output", "w8a8_routed_output", "w8a8_shared_output"] {
            tensors[name] = try Tensor(output, shape: [2, 3])
        }
        return tensors
    }

    @Test("the blocks are found")
    func found() {
        #expect(GoldenBlock.all.map(\.name).contains("qwen3_moe"))
        #expect(GoldenBlock.all.count >= 10)
    }

    @Test("a block is a checkpoint and a golden", arguments: GoldenBlock.all)
    func files(of block: GoldenBlock) throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: block.directory)

        #expect(files.contains("config.json"))
        #expect(files.contains("golden.safetensors"))
        #expect(files.contains { $0.hasPrefix("model") && $0.hasSuffix(".safetensors") })
    }

    @Test("a golden is read into typed arrays")
    func load() throws {
        let golden = try Golden.load(from: MemoryTensorSource(try tensors()))

        #expect(golden.tokens == 2)
        #expect(golden.topK == 1)
        #expect(golden.topKIndices == [1, 0])
        #expect(golden.hiddenStates[1, 0] == 4)
        #expect(golden.int8.shared?[0, 2] == 3)
        #expect(golden.ambiguous == [0, 1])
    }

    @Test("a block without a shared expert has no shared output")
    func noShared() throws {
        var tensors = try tensors()
        tensors["shared_output"] = nil
        tensors["w8a8_shared_output"] = nil

        let golden = try Golden.load(from: MemoryTensorSource(tensors))

        #expect(golden.float.shared == nil)
        #expect(golden.int8.shared == nil)
    }

    @Test("a missing tensor, another type and another shape are named")
    func refusals() throws {
        func message(_ name: String, _ replacement: Tensor?) throws -> String? {
            var tensors = try tensors()
            tensors[name] = replacement
            let source = MemoryTensorSource(tensors)
            return #expect(throws: CheckpointError.self) { try Golden.load(from: source) }?.message
        }

        #expect(try message("w8a8_output", nil) == "golden: w8a8_output: no such tensor")
        #expect(
            try message("topk_indices", try Tensor([1, 0] as [Int64], shape: [2, 1]))
                == "golden: topk_indices: I64 [2, 1], wanted I32 [2, 1]")
        #expect(
            try message("topk_margin", try Tensor([1] as [Float], shape: [1]))
                == "golden: topk_margin: F32 [1], wanted F32 [2]")
    }

    @Test("a golden agrees with itself, and a changed element does not")
    func comparison() throws {
        let golden = try Golden.load(from: MemoryTensorSource(try tensors()))
        var wrong = golden.int8.output
        wrong[0, 1] += 0.01

        #expect(
            golden.routingViolations(
                indices: golden.topKIndices, weights: golden.topKWeights,
                groupIndex: golden.groupIndex) == [])
        #expect(
            golden.floatViolations(
                golden.float.output, expected: golden.float.output, indices: golden.topKIndices)
                == [])
        #expect(
            golden.int8Violations(
                wrong, expected: golden.int8.output, indices: golden.topKIndices
            ).count == 1)
    }
}
