import MoECheckpoint

extension CheckpointInspection {
    /// The inspection as a person reads it: a line per fact.
    var text: String {
        var lines = [line("model", modelInWords)]
        if let refusal {
            return (lines + [line("refused", refusal.message)]).joined(separator: "\n")
        }
        let all = groups.flatMap(\.layers).sorted()
        lines.append(line("MoE layers", all.isEmpty ? "none" : "\(all.ranges) of \(layerCount)"))
        for group in groups {
            guard let summary = group.summary else { continue }
            lines += summary.lines(layers: group.layers.ranges)
        }
        if !loadableLayers.isEmpty {
            lines += ["", line("int8", "\(ByteCount(int8ByteCount)) in all MoE layers")]
        }
        for group in groups {
            guard let refusal = group.refusal else { continue }
            let more = group.layers.count > 1 ? ", and the same of the others" : ""
            lines.append(line("refused", "layer \(group.layers.ranges): \(refusal.message)\(more)"))
        }
        return lines.joined(separator: "\n")
    }

    private var modelInWords: String {
        var words = modelType ?? "unknown"
        if let takenFor {
            words += ", unknown, taken for \(takenFor)"
        } else if let family, family != modelType {
            words += ", of the family \(family)"
        }
        if let format, format != "float" { words += ", \(format)" }
        if let part = parts.first {
            words +=
                ", its part \(part); --part \(parts.dropFirst().joined(separator: " or ")) for another"
        }
        return words
    }
}

/// A fact beside its name.
private func line(_ name: String, _ value: String) -> String {
    "\(name.padded(to: 12))\(value)"
}

extension LayerSummary {
    fileprivate func lines(layers: String) -> [String] {
        var experts = "\(expertCount) of width \(expertWidth)"
        if let latentWidth { experts += ", in a latent width of \(latentWidth)" }
        if identityExpertCount > 0 { experts += ", and \(identityExpertCount) that give back" }
        let shared =
            sharedWidth == 0
            ? "none" : "width \(sharedWidth)" + (hasSharedGate ? ", behind a sigmoid gate" : "")
        let change =
            isRequantized
            ? "requantised as it is read"
            : formats == ["int8"] ? "taken bit for bit" : "quantised as it is read"
        return [
            "", line("layers", layers), line("hidden size", "\(hiddenSize)"),
            line("experts", experts), line("shared", shared), line("router", routerInWords),
            line("activation", activationInWords),
            line("weights", "\(formats.joined(separator: ", ")), \(change)"),
            line("int8", "\(ByteCount(int8ByteCount)) a layer"),
        ]
    }
}
