extension WeightFormat {
    /// The format that a configuration names.
    ///
    /// - Parameter configuration: what `config.json` says.
    /// - Throws: `unsupported` for a method or a variant of it that is not read, `configuration`
    ///   for settings that no such method has.
    init(_ configuration: ModelConfiguration) throws(CheckpointError) {
        let keys = ["quantization_config", "compression_config"]
        guard let (path, settings) = configuration.values(of: keys).first else {
            self = .float
            return
        }
        guard let method = Self.method(of: settings) else {
            throw configuration.refuse("\(path).quant_method", settings, wanted: "a method's name")
        }
        switch method {
        case "compressed-tensors":
            self = try configuration.compressedTensorsFormat(settings, at: path)
        case "gptq":
            self = WeightFormat(
                method, gptq: try configuration.gptqParameters(settings, at: path))
        case "modelopt": self = try configuration.modelOptFormat(at: path)
        case "fp8", "fbgemm_fp8", "quark", "mxfp4", "blockwise_int8", "w8a8_int8":
            let block = try configuration.block(settings, "weight_block_size", at: path)
            self = WeightFormat(method, blocks: block.map { [$0] } ?? [])
        default:
            throw configuration.unsupported(
                "\(path).quant_method", method,
                wanted: [
                    "compressed-tensors", "fp8", "mxfp4", "gptq", "w8a8_int8", "blockwise_int8",
                    "modelopt", "fbgemm_fp8", "quark",
                ])
        }
    }

    /// The method's name; older files of compressed-tensors have none.
    private static func method(of settings: JSONValue) -> String? {
        if let method = settings.member("quant_method") { return method.stringValue }
        return settings.member("config_groups") == nil ? nil : "compressed-tensors"
    }
}

extension ModelConfiguration {
    // MARK: - Methods

    /// compressed-tensors: any format whose tensors are int8, FP8 or MXFP4.
    fileprivate func compressedTensorsFormat(
        _ settings: JSONValue, at path: String
    ) throws(CheckpointError) -> WeightFormat {
        let known = [
            "int-quantized", "naive-quantized", "float-quantized", "mixed-precision",
            "mxfp4-pack-quantized", "mxfp8-quantized", "dense",
        ]
        for (key, wanted) in [("format", known), ("sparsity_config.format", ["dense"])] {
            if let format = settings.member(key)?.stringValue, !wanted.contains(format) {
                throw unsupported("\(path).\(key)", format, wanted: wanted)
            }
        }
        var blocks: [[Int]] = []
        for (name, group) in settings.member("config_groups")?.objectValue ?? JSONObject() {
            guard let weights = group.member("weights") else { continue }
            let place = "\(path).config_groups.\(name.printable).weights"
            if let block = try block(weights, "block_structure", at: place) { blocks.append(block) }
        }
        return WeightFormat("compressed-tensors", blocks: blocks)
    }

    /// ModelOpt, in `config.json` or in a file of its own.
    func modelOptFormat(at path: String) throws(CheckpointError) -> WeightFormat {
        let known = ["FP8", "FP8_PER_CHANNEL_PER_TOKEN", "FP8_PB_WO", "MIXED_PRECISION"]
        let algorithms = ["\(path).quant_algo", "\(path).quantization.quant_algo"]
        if let algorithm = values(of: algorithms).first, let name = algorithm.value.stringValue,
            !known.contains(name)
        {
            throw unsupported(algorithm.path, name, wanted: known)
        }
        return WeightFormat("modelopt")
    }

    /// GPTQ of 8 bits, whose modules all have the same settings.
    fileprivate func gptqParameters(
        _ settings: JSONValue, at path: String
    ) throws(CheckpointError) -> GPTQParameters {
        guard settings.member("bits")?.intValue == 8 else {
            let bits = settings.member("bits")?.found ?? "missing"
            throw CheckpointError(.unsupported, "\(file): \(path).bits: \(bits), wanted 8")
        }
        let keys = ["checkpoint_format", "format"]
        let version = keys.lazy.compactMap { settings.member($0)?.stringValue }.first ?? "gptq"
        guard version == "gptq" || version == "gptq_v2" else {
            throw unsupported("\(path).checkpoint_format", version, wanted: ["gptq", "gptq_v2"])
        }
        for (pattern, _) in settings.member("dynamic")?.objectValue ?? JSONObject()
        where !pattern.hasPrefix("-:") {
            throw CheckpointError(
                .unsupported,
                "\(file): \(path).dynamic: settings of their own for \"\(pattern.printable)\", "
                    + "wanted only modules that are left out, \"-:…\"")
        }
        let size = settings.member("group_size")
        let groupSize = size?.intValue ?? -1
        guard size.map({ $0.intValue != nil }) ?? true,
            groupSize == -1 || Quantity.width.contains(groupSize)
        else {
            throw refuse(
                "\(path).group_size", size ?? .null,
                wanted: "-1 or an integer within 1...\(Quantity.width.upperBound)")
        }
        return GPTQParameters(
            groupSize: groupSize == -1 ? nil : groupSize, zeroIsStoredLess1: version == "gptq")
    }

    // MARK: - Settings

    /// The rows and columns of a block with one scale, or nil without the key.
    fileprivate func block(
        _ settings: JSONValue, _ key: String, at path: String
    ) throws(CheckpointError) -> [Int]? {
        guard let value = settings.member(key) else { return nil }
        // compressed-tensors writes either [128, 128] or "128x128".
        let sizes =
            value.stringValue?.split(separator: "x").map { Int(canonicalDecimal: $0) }
            ?? value.arrayValue?.map(\.intValue) ?? []
        let block = sizes.compactMap(\.self)
        guard sizes.count == 2, block.count == 2, block.allSatisfy(Quantity.width.contains) else {
            throw refuse(
                "\(path).\(key)", value,
                wanted: "rows and columns within 1...\(Quantity.width.upperBound)")
        }
        return block
    }

    /// The error about a format that is not read, by its name.
    fileprivate func unsupported(
        _ path: String, _ name: String, wanted: [String]
    ) -> CheckpointError {
        CheckpointError(
            .unsupported,
            "\(file): \(path): \"\(name.printable)\" is not supported, wanted \(wanted.formatted)")
    }
}
