import Foundation
import Testing

/// The declarations in Sources/CANN against the table of functions that no public header has.
///
/// `Scripts/check-cann-abi.sh` has a compiler compare the types; here the parameters' names are
/// compared too, since two of one type in the wrong order would compile.
@Suite("Declarations of CANN's functions")
struct PrototypeTests {
    struct Parameter: Equatable, CustomStringConvertible {
        let type: String
        let name: String
        var description: String { "\(type) \(name)" }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    @Test("have the table's parameters in the table's order")
    func parameters() throws {
        let table = try Self.prototypes("Tests/MoEAscendTests/ABI/prototypes.h")
        var compared = 0
        for header in ["cann_meta.h", "cann_operators.h"] {
            for (name, parameters) in try Self.prototypes("Sources/CANN/include/\(header)") {
                // The second phase is alike for all operators.
                let wanted = try #require(table[name == "aclnn" ? "aclnnX" : name], "\(name)")
                #expect(parameters == wanted, "\(name)")
                compared += 1
            }
        }
        #expect(compared == table.count)
        #expect(compared >= 18)
    }

    /// The parameters of every function that a header declares, by CANN's name of it.
    static func prototypes(_ path: String) throws -> [String: [Parameter]] {
        let lines = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("//") && !$0.hasPrefix("#") }
        var prototypes: [String: [Parameter]] = [:]
        for declaration in lines.joined(separator: " ").split(separator: ";") {
            guard let open = declaration.lastIndex(of: "("),
                let close = declaration.lastIndex(of: ")")
            else { continue }
            let name = declaration[..<open].split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                .last.map { $0.hasPrefix("cann_") ? String($0.dropFirst(5)) : String($0) }
            let parameters = declaration[declaration.index(after: open)..<close]
                .split(separator: ",").map(Self.parameter)
            if let name { prototypes[name] = parameters }
        }
        return prototypes
    }

    private static func parameter(_ text: Substring) -> Parameter {
        let words = text.split { $0 == " " }
        let name = words.last.map { String($0.drop { $0 == "*" }) } ?? ""
        let type = text.dropLast(name.count).filter { $0 != " " }
        return Parameter(
            type: type.replacingOccurrences(of: "cann_stream", with: "aclrtStream"),
            // snake_case and camelCase, with and without what says that it may be absent.
            name: name.replacingOccurrences(of: "_", with: "").lowercased()
                .replacingOccurrences(of: "optional", with: ""))
    }
}
