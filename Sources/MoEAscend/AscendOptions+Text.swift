extension AscendOptions {
    /// The settings of ``init(text:)``, for a command's help.
    public static let textHelp =
        "device=N, weights=nd|nz, output=bf16|f16, quantize=host|device, select=host|device, "
        + "memory=MiB, custom=yes|no, without=FUNCTION+FUNCTION, path=DIR:DIR"

    /// The options of a line such as `device=1,weights=nz`; what is not named stays as it is by
    /// default.
    ///
    /// - Parameter text: settings with commas between, as ``textHelp`` lists them.
    /// - Throws: `unsupported`, naming the setting that is unknown or has a value that it cannot.
    public init(text: String) throws(AscendError) {
        self.init()
        for setting in text.split(separator: ",") {
            let parts = setting.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, set(String(parts[0]), to: String(parts[1])) else {
                throw AscendError(
                    .unsupported, "\(setting): no such setting, wanted \(Self.textHelp)")
            }
        }
    }

    /// Sets one option; false for one that there is not, or a value that it cannot have.
    private mutating func set(_ name: String, to value: String) -> Bool {
        switch name {
        case "device": return set(\.device, to: Int(value).flatMap { $0 >= 0 ? $0 : nil })
        case "weights": return set(\.weightFormat, to: WeightFormat(rawValue: value))
        case "output": return set(\.output, to: Output(rawValue: value))
        case "quantize": return set(\.quantization, to: Place(rawValue: value))
        case "select": return set(\.selection, to: Place(rawValue: value))
        case "memory":
            return set(
                \.activationMemory,
                to: Int(value).flatMap { (1...1 << 20).contains($0) ? $0 << 20 : nil })
        case "custom":
            return set(\.usesCustomOperators, to: ["yes": true, "no": false][value])
        case "without":
            return set(\.without, to: Set(value.split(separator: "+").map(String.init)))
        case "path":
            return set(\.libraryPaths, to: value.split(separator: ":").map(String.init))
        default: return false
        }
    }

    private mutating func set<Value>(
        _ option: WritableKeyPath<AscendOptions, Value>, to value: Value?
    ) -> Bool {
        guard let value else { return false }
        self[keyPath: option] = value
        return true
    }
}
