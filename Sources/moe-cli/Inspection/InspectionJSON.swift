import MoE
import MoECheckpoint

extension CheckpointInspection {
    /// The inspection as a program reads it.
    var json: JSONValue {
        var object = JSONObject()
        object["path"] = .string(path)
        object["model_type"] = modelType.map { .string($0) } ?? .null
        object["family"] = family.map { .string($0) } ?? .null
        object["taken_for"] = takenFor.map { .string($0) } ?? .null
        object["parts"] = .array(parts.map { .string($0) })
        object["format"] = format.map { .string($0) } ?? .null
        object["loadable"] = .bool(refusal == nil && refusedLayers.isEmpty && !groups.isEmpty)
        object["refusal"] = refusal?.json ?? .null
        object["layer_count"] = .int(layerCount)
        object["int8_bytes"] = .int(int8ByteCount)
        object["layers"] = .array(
            groups.compactMap { group in
                group.summary.map { $0.json(layers: group.layers) }
            })
        object["refused_layers"] = .array(
            groups.compactMap { group in
                guard let refusal = group.refusal else { return nil }
                var object = JSONObject()
                object["layers"] = .array(group.layers.map { .int($0) })
                object["refusal"] = refusal.json
                return .object(object)
            })
        return .object(object)
    }
}

extension CheckpointError {
    fileprivate var json: JSONValue {
        .object(["code": .string(code.rawValue), "message": .string(message)])
    }
}

extension LayerSummary {
    /// The layers that are so, and how they are.
    fileprivate func json(layers: [Int]) -> JSONValue {
        var object = JSONObject()
        object["layers"] = .array(layers.map { .int($0) })
        object["hidden_size"] = .int(hiddenSize)
        object["latent_width"] = latentWidth.map { .int($0) } ?? .null
        object["expert_width"] = .int(expertWidth)
        object["experts"] = .int(expertCount)
        object["identity_experts"] = .int(identityExpertCount)
        object["top_k"] = .int(router.topK)
        object["shared_width"] = .int(sharedWidth)
        object["shared_gate"] = .bool(hasSharedGate)
        object["router"] = .string(routerInWords)
        object["scaling_factor"] = .number(Double(router.scalingFactor))
        object["renormalized"] = .bool(router.renormalization != .none)
        object["groups"] = .int(router.groups?.count ?? 1)
        object["kept_groups"] = .int(router.groups?.kept ?? 1)
        object["needs_token_ids"] = .bool(needsTokenIDs)
        object["needs_router_input"] = .bool(needsRouterInput)
        object["activation"] = .string(activationInWords)
        object["formats"] = .array(formats.map { .string($0) })
        object["requantized"] = .bool(isRequantized)
        object["int8_bytes"] = .int(int8ByteCount)
        return .object(object)
    }
}

extension JSONValue {
    fileprivate static func int(_ value: Int) -> JSONValue { .integer(JSONInteger(value)) }
}
