import MoE
import MoECheckpoint
import MoETestSupport

/// A checkpoint of one MoE layer, small enough to write its configuration as a literal.
struct TinyModel {
    /// Elements of a token.
    var hidden = 4
    /// Rows of an expert's gate.
    var width = 3
    /// How many experts there are.
    var experts = 4
    /// Rows of the shared expert's gate.
    var sharedWidth = 5
    /// What stands before the layer's own part of a name.
    var layer = "model.layers.1."
    /// How the weights are stored.
    var type = ElementType.bf16

    /// Any numbers, different for every seed, that bfloat16 and binary16 hold exactly.
    func values(_ count: Int, seed: Int) -> [Float] {
        (0..<count).map { Float(($0 * 37 + seed * 53 + $0 * $0 * seed) % 127 - 63) / 16 }
    }

    func tensor(_ values: [Float], _ shape: [Int]) throws -> Tensor {
        try .floats(values, shape, as: type)
    }

    /// The weights of one expert, row after row.
    func gate(_ expert: Int) -> [Float] { values(width * hidden, seed: 3 * expert + 1) }
    func up(_ expert: Int) -> [Float] { values(width * hidden, seed: 3 * expert + 2) }
    func down(_ expert: Int) -> [Float] { values(hidden * width, seed: 3 * expert + 3) }

    // MARK: - Tensors by role

    func router(_ name: String = "mlp.gate.weight") throws -> [String: Tensor] {
        [layer + name: try tensor(values(experts * hidden, seed: 99), [experts, hidden])]
    }

    func correctionBias(
        _ name: String = "mlp.gate.e_score_correction_bias"
    ) throws -> [String: Tensor] {
        [layer + name: try Tensor(values(experts, seed: 98), shape: [experts])]
    }

    func perExpert(
        _ block: String = "mlp.experts", names: [String] = ["gate_proj", "up_proj", "down_proj"]
    ) throws -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for expert in 0..<experts {
            let prefix = "\(layer)\(block).\(expert)."
            tensors[prefix + names[0] + ".weight"] = try tensor(gate(expert), [width, hidden])
            tensors[prefix + names[1] + ".weight"] = try tensor(up(expert), [width, hidden])
            tensors[prefix + names[2] + ".weight"] = try tensor(down(expert), [hidden, width])
        }
        return tensors
    }

    func fused(_ block: String = "mlp.experts", transposed: Bool = false) throws -> [String: Tensor]
    {
        var (both, downs): ([Float], [Float]) = ([], [])
        for expert in 0..<experts {
            let gateUp = gate(expert) + up(expert)
            both += transposed ? transpose(gateUp, rows: 2 * width) : gateUp
            downs += transposed ? transpose(down(expert), rows: hidden) : down(expert)
        }
        let shapes =
            transposed
            ? [[experts, hidden, 2 * width], [experts, width, hidden]]
            : [[experts, 2 * width, hidden], [experts, hidden, width]]
        return [
            "\(layer)\(block).gate_up_proj": try tensor(both, shapes[0]),
            "\(layer)\(block).down_proj": try tensor(downs, shapes[1]),
        ]
    }

    func shared(
        _ block: String = "mlp.shared_experts",
        names: [String] = ["gate_proj", "up_proj", "down_proj"]
    ) throws -> [String: Tensor] {
        let prefix = "\(layer)\(block)."
        let count = sharedWidth * hidden
        let shapes = [[sharedWidth, hidden], [sharedWidth, hidden], [hidden, sharedWidth]]
        var tensors: [String: Tensor] = [:]
        for (index, name) in names.enumerated() {
            tensors["\(prefix)\(name).weight"] = try tensor(
                values(count, seed: 90 + index), shapes[index])
        }
        return tensors
    }

    func transpose(_ values: [Float], rows: Int) -> [Float] {
        let columns = values.count / rows
        return (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
    }
}

/// A checkpoint in memory.
func checkpoint(_ config: String, _ parts: [String: Tensor]...) throws -> Checkpoint {
    try checkpoint(config, MemoryTensorSource(merged(parts)))
}

func checkpoint(_ config: String, _ source: MemoryTensorSource) throws -> Checkpoint {
    try inspected(configuration(config), source)
}

func configuration(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(JSONValue(parsing: text))
}

func merged(_ parts: [[String: Tensor]]) -> [String: Tensor] {
    parts.reduce(into: [:]) { all, part in all.merge(part) { $1 } }
}

/// The message of the error that a body must throw.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch let error as CheckpointError {
        return error.message
    } catch {
        return "another error: \(error)"
    }
}

/// Changes a configuration's text; the old part must be there.
func replacing(_ old: String, with new: String, in text: String) -> String {
    guard let range = text.firstRange(of: old) else { return "\(old) is not in the text" }
    return text.replacingCharacters(range, with: new)
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<Index>, with new: String) -> String {
        self[..<range.lowerBound] + new + self[range.upperBound...]
    }
}
