/// A vocabulary of bytes: token i is byte i, and tokens from 256 on are special.
public struct ByteVocabulary: Sendable {
    private let firstToken: Int?

    /// More special tokens than this, and it is some other vocabulary.
    private static let mostSpecialTokens = 64

    /// The vocabulary of a model, or nil if its tokens are not bytes.
    public init?(_ model: DecoderConfiguration) {
        guard (256...256 + Self.mostSpecialTokens).contains(model.vocabularySize) else {
            return nil
        }
        firstToken = model.firstToken
    }

    /// A text's tokens, after the one that begins every text where the model has such a one.
    public func tokens(of text: some Sequence<UInt8>) -> [Int] {
        (firstToken.map { [$0] } ?? []) + text.map { Int($0) }
    }

    /// The byte that a token stands for; nil for a special one.
    public func byte(of token: Int) -> UInt8? { UInt8(exactly: token) }
}
