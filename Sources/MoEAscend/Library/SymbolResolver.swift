/// Finds functions by name, and remembers those that a table cannot do without and did not get.
///
/// A table of functions is made in one go, whatever is missing; it must not be used before
/// ``missing`` was seen to be empty. That way one report names everything.
struct SymbolResolver {
    private let address: (String) -> UnsafeMutableRawPointer?
    private let without: Set<String>
    /// The functions that were required and are not there.
    private(set) var missing: [String] = []

    /// A resolver over libraries.
    ///
    /// - Parameters:
    ///   - images: the libraries, first asked first.
    ///   - without: functions to treat as missing.
    init(_ images: [LibraryImage], without: Set<String>) {
        self.without = without
        address = { name in
            for image in images {
                if let address = image.address(of: name) { return address }
            }
            return nil
        }
    }

    /// A function that the table needs; one that is missing must not be called.
    mutating func required<Function>(_ name: String) -> Function {
        if let function: Function = optional(name) { return function }
        missing.append(name)
        let stand: @convention(c) () -> Void = {}
        return unsafeBitCast(stand, to: Function.self)
    }

    /// A function that the table can do without.
    func optional<Function>(_ name: String) -> Function? {
        guard !without.contains(name), let found = address(name) else { return nil }
        return unsafeBitCast(found, to: Function.self)
    }
}
