/// The form in which experts are loaded.
public enum ExpertFormat: String, Sendable, CaseIterable {
    /// int8 weights with a scale per output channel: the product.
    case int8
    /// float32 weights: the yardstick for accuracy.
    case float
}
