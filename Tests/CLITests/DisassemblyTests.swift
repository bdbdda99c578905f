import Foundation
import Testing

/// The release binary holds, in every kernel file, the instruction that the file's name promises.
@Suite("The machine code", .enabled(if: Disassembly.tool != nil))
struct DisassemblyTests {
    #if arch(x86_64)
    static let promises = [
        ("gemm_s8_avx2.c", "vpmaddubsw"), ("gemm_s8_avxvnni.c", "vpdpbusd"),
        ("gemm_s8_avx512.c", "vpmaddwd"), ("gemm_s8_avx512vnni.c", "vpdpbusd"),
        ("gemm_s8_amx.c", "tdpbssd"),
        ("dequant_swiglu_quant_avx2.c", "vfmadd"), ("dequant_swiglu_quant_avx512.c", "zmm"),
        ("expert_tiles_avx2.c", "ymm"), ("expert_tiles_avx512.c", "zmm"),
        ("rows_avx2.c", "ymm"), ("rows_avx512.c", "zmm"),
    ]
    #else
    static let promises: [(String, String)] = []
    #endif

    @Test("holds the instruction of the kernel's name", arguments: promises)
    func instruction(file: String, instruction: String) throws {
        let code = try Disassembly.shared.code(of: file)

        #expect(!code.isEmpty, "no code of \(file) in the binary")
        #expect(code.contains(instruction))
    }

    @Test("contracts no product and sum but where it is written")
    func contraction() throws {
        // Of rows it is written for the logits; everywhere else for the exponential.
        for (file, _) in Self.promises where file.hasPrefix("rows") {
            let functions = try Disassembly.shared.functions(of: file)
            let fused = functions.filter { $0.contains("vfmadd") }
            #expect(functions.count > fused.count)
            #expect(fused.allSatisfy { $0.prefix { $0 != "\n" }.contains("<logits>") }, "\(file)")
        }
    }
}

/// The functions of a binary by the source file that its symbol table names.
struct Disassembly {
    static let shared = Result { try Disassembly() }
    private let functions: [String: Set<UInt64>]
    private let text: [UInt64: Substring]

    /// The first disassembler there is.
    static let tool = ["objdump", "llvm-objdump"].lazy.compactMap(path).first

    private static func path(of program: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private init() throws {
        let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("moe-cli").path
        let symbols = try Tool.output(of: Self.tool ?? "", ["-t", binary])
        var functions: [String: Set<UInt64>] = [:]
        var file = ""
        for line in symbols.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let name = words.last else { continue }
            if line.contains(" df ") {
                file = String(name)
            } else if line.contains(" .text"), line.contains(" F ") || words.contains("F"),
                words.contains("l"), let address = words.first.flatMap({ UInt64($0, radix: 16) })
            {
                functions[file, default: []].insert(address)
            }
        }
        self.functions = functions
        let code = try Tool.output(of: Self.tool ?? "", ["-d", "--no-show-raw-insn", binary])
        var text: [UInt64: Substring] = [:]
        for part in code.split(separator: "\n\n") {
            guard
                let address = UInt64(part.drop { $0.isWhitespace }.prefix { $0 != " " }, radix: 16)
            else { continue }
            text[address] = part[...]
        }
        self.text = text
    }

    /// The local functions of a source file, each with its name in the first line.
    func functions(of file: String) -> [Substring] {
        (functions[file] ?? []).compactMap { text[$0] }
    }

    /// The instructions of all local functions of a source file.
    func code(of file: String) -> String { functions(of: file).joined(separator: "\n") }
}

extension Result where Success == Disassembly, Failure == any Error {
    func code(of file: String) throws -> String { try get().code(of: file) }
    func functions(of file: String) throws -> [Substring] { try get().functions(of: file) }
}
