internal import MoE

extension PackedDirectory {
    /// More layers no model has.
    private static let layerLimit = 10_000

    /// The directory as the file's last bytes.
    func bytes() throws(CheckpointError) -> [UInt8] {
        var object: JSONObject = [
            "format": .object([
                "name": .string(format.name), "fingerprint": .hash(format.fingerprint),
            ]),
            "model_type": .string(modelType), "layers": .array(layers.map(\.json)),
        ]
        object["source"] = source?.json
        return Array(try JSONValue.object(object).text(.indented).utf8)
    }

    /// Reads the form of the panels, which decides whether the rest can be read.
    static func format(of json: JSONValue, place: String) throws(CheckpointError) -> PanelFormat {
        let reader = try DirectoryReader(json, at: place).object("format")
        return PanelFormat(
            name: try reader.string("name"), fingerprint: try reader.hash("fingerprint"))
    }

    /// Reads a directory.
    ///
    /// - Parameters:
    ///   - json: the parsed text.
    ///   - place: the file, as errors name it.
    /// - Throws: `format`, naming the member that is missing or no value of its kind.
    init(_ json: JSONValue, place: String) throws(CheckpointError) {
        let reader = try DirectoryReader(json, at: place)
        format = try Self.format(of: json, place: place)
        modelType = try reader.string("model_type")
        source = reader.has("source") ? try SourceFiles(reader.object("source")) : nil
        layers = []
        for reader in try reader.objects("layers", limit: Self.layerLimit) {
            let layer = try PackedLayer(reader)
            guard layers.last.map({ $0.layer < layer.layer }) ?? true else {
                throw reader.fault("layer", wanted: "one above that of the layer before")
            }
            layers.append(layer)
        }
    }
}

extension PackedLayer {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "layer": .integer(layer), "weights_input": .bool(weightsInput), "router": router.json,
            "experts": .object(routed.json),
        ]
        if let shared {
            var member = shared.experts.json
            member["gate"] = shared.gate?.json
            member["scale"] = .float(shared.scale)
            object["shared"] = .object(member)
        }
        return .object(object)
    }

    fileprivate init(_ reader: DirectoryReader) throws(CheckpointError) {
        layer = try reader.integer("layer", in: 0...1 << 20)
        weightsInput = try reader.bool("weights_input")
        routed = try PackedExpertSet(reader.object("experts"))
        let hidden = routed.shape.hiddenSize
        router = try PackedRouter(reader.object("router"), hiddenSize: hidden)
        guard reader.has("shared") else { return }
        let shared = try reader.object("shared")
        self.shared = PackedShared(
            experts: try PackedExpertSet(shared),
            gate: try shared.section("gate", ofWords: hidden), scale: try shared.float("scale"))
    }
}

extension PackedRouter {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "configuration": configuration.json, "experts": .integer(expertCount),
            "weight": weight.json,
        ]
        object["logit_bias"] = logitBias?.json
        object["correction_bias"] = correctionBias?.json
        object["expert_scale"] = expertScale?.json
        object["experts_of_token"] = expertsOfToken?.json
        object["input_norm_epsilon"] = inputNormEpsilon.map { .float($0) }
        return .object(object)
    }

    fileprivate init(_ reader: DirectoryReader, hiddenSize: Int) throws(CheckpointError) {
        configuration = try RouterConfiguration(reader.object("configuration"))
        let experts = try reader.integer("experts", in: 1...1 << 24)
        expertCount = experts
        guard let weight = try reader.section("weight", ofWords: experts * hiddenSize) else {
            throw reader.fault("weight", wanted: "an object")
        }
        self.weight = weight
        logitBias = try reader.section("logit_bias", ofWords: experts)
        correctionBias = try reader.section("correction_bias", ofWords: experts)
        expertScale = try reader.section("expert_scale", ofWords: experts)
        expertsOfToken = try reader.section("experts_of_token", ofRowsOf: configuration.topK)
        if reader.has("input_norm_epsilon") {
            inputNormEpsilon = try reader.float("input_norm_epsilon")
        }
    }
}

extension PackedExpertSet {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "count": .integer(shape.expertCount), "hidden_size": .integer(shape.hiddenSize),
            "width": .integer(shape.expertWidth), "gate_up_bias": .bool(hasGateUpBias),
            "down_bias": .bool(hasDownBias), "panels": panels.json, "factors": factors.json,
        ]
        object["activation"] = activation.json
        return object
    }

    fileprivate init(_ reader: DirectoryReader) throws(CheckpointError) {
        let depths = 1...MoELayer.maximumInt8Depth
        let count = try reader.integer("count", in: 1...1 << 20)
        shape = ExpertShape(
            expertCount: count, hiddenSize: try reader.integer("hidden_size", in: depths),
            expertWidth: try reader.integer("width", in: depths))
        hasGateUpBias = try reader.bool("gate_up_bias")
        hasDownBias = try reader.bool("down_bias")
        activation = try Activation(reader.object("activation"))
        panels = try PackedSection(reader.object("panels"), parts: count)
        factors = try PackedSection(reader.object("factors"), parts: count)
    }
}

extension PackedSection {
    fileprivate var json: JSONValue {
        .object(["offset": .integer(offset), "bytes": .integer(byteCount), "hash": .hash(hash)])
    }

    fileprivate init(_ reader: DirectoryReader, parts: Int) throws(CheckpointError) {
        offset = try reader.integer("offset", in: 0...Int.max)
        byteCount = try reader.integer("bytes", in: 0...Int.max)
        hash = try reader.hash("hash")
        self.parts = parts
    }
}

extension DirectoryReader {
    /// A section of so many 32-bit words, or nil if there is none.
    fileprivate func section(
        _ key: String, ofWords count: Int
    ) throws(CheckpointError) -> PackedSection? {
        guard has(key) else { return nil }
        let reader = try object(key)
        let section = try PackedSection(reader, parts: 1)
        guard section.byteCount == 4 * count else {
            throw reader.fault("bytes", wanted: "\(4 * count)")
        }
        return section
    }

    /// A section of whole rows of so many 32-bit words, or nil if there is none.
    fileprivate func section(
        _ key: String, ofRowsOf count: Int
    ) throws(CheckpointError) -> PackedSection? {
        guard has(key) else { return nil }
        let reader = try object(key)
        let section = try PackedSection(reader, parts: 1)
        guard section.byteCount % (4 * count) == 0 else {
            throw reader.fault("bytes", wanted: "a multiple of \(4 * count)")
        }
        return section
    }
}
