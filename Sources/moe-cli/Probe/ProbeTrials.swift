import MoE
import MoEAscend

/// A tiny layer that is computed on a device in every way that the backend has, and on the CPU.
struct ProbeTrials {
    private let options: AscendOptions
    private let layer: MoELayer
    private let batch: Matrix<Float>
    private let wanted: BlockTrace

    init(options: AscendOptions) throws {
        self.options = options
        layer = try SyntheticLayer(
            BenchShape("probe", 128, 64, 4, 2), routing: .uniform, hasSharedExpert: true
        ).layer
        batch = try SyntheticLayer.batch(tokens: 5, width: 128)
        wanted = try MoEBlock(
            layer, backend: BackendCatalog.backend(.reference).backend, threads: 1
        ).trace(batch)
    }

    /// The layer stage by stage: a line for each operator.
    func stages(on backend: AscendBackend) -> [ProbeLine] {
        do {
            let comparison = try compare(backend)
            return comparison.checks.map { check in
                ProbeLine(
                    check.stage, check.passes ? .ok : .failed,
                    "\(check.subject): \(check.measure) \(VerifyReport.number(check.found)), "
                        + "allowed \(VerifyReport.number(check.allowed))")
            }
        } catch {
            return [ProbeLine("block", .failed, "\(error)")]
        }
    }

    /// The other ways, by the settings that ask for them.
    var variants: [(name: String, options: AscendOptions)] {
        let settings: [(String, (inout AscendOptions) -> Void)] = [
            ("quantize=device", { $0.quantization = .device }),
            ("select=device", { $0.selection = .device }),
            ("weights=nz", { $0.weightFormat = .nz }),
            ("output=f16", { $0.output = .f16 }),
            ("without aclnnGroupedMatmulV5", { $0.without.insert("aclnnGroupedMatmulV5") }),
            (
                "without aclnnDequantSwigluQuantV2",
                { $0.without.insert("aclnnDequantSwigluQuantV2") }
            ),
            ("without aclnnMoeInitRoutingV3", { $0.without.insert("aclnnMoeInitRoutingV3") }),
            ("without aclnnMoeTokenUnpermute", { $0.without.insert("aclnnMoeTokenUnpermute") }),
            (
                "without repeatable executors",
                { $0.without.insert("aclSetAclOpExecutorRepeatable") }
            ),
        ]
        return settings.map { name, change in
            var changed = options
            change(&changed)
            return (name, changed)
        }
    }

    /// The layer with other options: one line for all of it.
    func block(_ name: String, _ options: AscendOptions) -> ProbeLine {
        do {
            let checks = try compare(AscendBackend(options)).checks
            guard let bad = checks.first(where: { !$0.passes }) else {
                return ProbeLine(name, .ok, "all stages agree with the CPU")
            }
            return ProbeLine(
                name, .failed,
                "\(bad.stage), \(bad.subject): \(bad.measure) \(VerifyReport.number(bad.found)), "
                    + "allowed \(VerifyReport.number(bad.allowed))")
        } catch let error as AscendError where error.code == .unavailable {
            return ProbeLine(name, .missing, error.message)
        } catch {
            return ProbeLine(name, .failed, "\(error)")
        }
    }

    private func compare(_ backend: AscendBackend) throws -> BlockComparison {
        let block = try MoEBlock(layer, backend: backend, threads: 1)
        return BlockComparison(of: try block.trace(batch), with: wanted, layer: layer)
    }
}
