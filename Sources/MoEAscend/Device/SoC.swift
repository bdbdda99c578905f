/// The chips that the backend knows, by the name that CANN gives them.
package enum SoC {
    /// Whether the name is that of an Atlas A2 or A3 chip.
    ///
    /// `Ascend910B` without a digit is an older training chip, in spite of its name.
    package static func isKnown(_ name: String) -> Bool {
        if name.hasPrefix("Ascend910_93") { return true }
        let variant = name.dropFirst("Ascend910B".count).first
        return name.hasPrefix("Ascend910B") && variant.map(\.isWholeNumber) == true
    }
}
