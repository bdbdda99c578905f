import Foundation
import GenerateEngine

/// Writes tokens as they come: text where they are bytes, else their ids.
struct TokenWriter {
    private let vocabulary: ByteVocabulary?
    private let isSilent: Bool
    private var stream = TextStream()
    private var isFirst = true
    /// All that was written.
    private(set) var text = ""

    init(_ vocabulary: ByteVocabulary?, isSilent: Bool) {
        self.vocabulary = vocabulary
        self.isSilent = isSilent
    }

    /// Writes what has become complete with a token.
    mutating func write(_ token: Int) {
        guard let vocabulary else {
            put(isFirst ? "\(token)" : ",\(token)")
            isFirst = false
            return
        }
        if let byte = vocabulary.byte(of: token) { put(stream.append(byte)) }
    }

    /// Writes what is left.
    mutating func finish() {
        put(stream.finish())
        if !isSilent { print() }
    }

    private mutating func put(_ piece: String) {
        guard !piece.isEmpty else { return }
        text += piece
        guard !isSilent else { return }
        print(piece, terminator: "")
        fflush(nil)
    }
}

/// Prints a line that is no part of a command's output.
func printToStandardError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
