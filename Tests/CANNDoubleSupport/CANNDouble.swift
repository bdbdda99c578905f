import CANNDoubleControls

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The CANN double as tests talk to it: what it has seen, and what it is to do.
///
/// Devices are numbers; nil stands for all of them, and for calls of threads without one.
public struct CANNDouble: @unchecked Sendable {
    /// A symbol of CANN's and the library that has it, one of `CANN_DOUBLE_…`.
    public struct Symbol: Sendable {
        /// Its name.
        public let name: String
        /// Its library.
        public let library: Int
    }

    /// An error of this type means that the double's library was not built or not found.
    public struct LoadingError: Error {
        /// What the loader says.
        public let reason: String
    }

    /// The table of functions behind everything here.
    let controls: cann_double_controls
    private let handle: UnsafeMutableRawPointer

    /// Loads a double.
    ///
    /// - Parameter path: its file.
    /// - Throws: `LoadingError`.
    public init(loading path: String) throws {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL),
            let symbol = dlsym(handle, "cann_double_get_controls")
        else {
            throw LoadingError(reason: dlerror().map { String(cString: $0) } ?? path)
        }
        self.handle = handle
        let get = unsafeBitCast(symbol, to: cann_double_get_controls_function.self)
        guard let controls = get() else { throw LoadingError(reason: "\(path): no controls") }
        self.controls = controls.pointee
    }

    /// A function of CANN's by its name, typed by the caller as `cann.h` does.
    public func function<Function>(_ name: String, _ type: Function.Type) throws -> Function {
        guard let symbol = dlsym(handle, name) else { throw LoadingError(reason: name) }
        return unsafeBitCast(symbol, to: Function.self)
    }

    /// All symbols of CANN's that the double has.
    public var symbols: [Symbol] {
        var all: [Symbol] = []
        while let name = controls.symbol(all.count) {
            let library = Int(controls.symbol_library(all.count))
            all.append(Symbol(name: String(cString: name), library: library))
        }
        return all
    }
}
