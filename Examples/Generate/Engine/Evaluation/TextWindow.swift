/// A stretch of a text that is computed on its own, and the tokens that count in it.
struct TextWindow: Sendable {
    /// The tokens that are read.
    let inputs: Range<Int>
    /// The tokens that are predicted and count; each is the one after an input.
    let targets: Range<Int>

    /// Windows over a text, such that every token but the first counts once.
    ///
    /// With 512 and 256 every token is predicted from the 256 to 511 before it, or from what there
    /// is at the beginning.
    ///
    /// - Parameters:
    ///   - count: how many tokens the text has.
    ///   - length: how many tokens a window reads, at most.
    ///   - stride: how many count, at most; at most `length`.
    /// - Returns: the windows, in order.
    static func over(count: Int, length: Int, stride: Int) -> [TextWindow] {
        Swift.stride(from: 1, to: count, by: stride).map { first in
            let end = min(first + stride, count)
            return TextWindow(
                inputs: max(0, first + stride - 1 - length)..<end - 1, targets: first..<end)
        }
    }

    /// The window as many tokens further on.
    func moved(by count: Int) -> TextWindow {
        TextWindow(
            inputs: inputs.lowerBound + count..<inputs.upperBound + count,
            targets: targets.lowerBound + count..<targets.upperBound + count)
    }
}

extension Sequence<TextWindow> {
    /// How many tokens the longest window reads; 1 without windows.
    var mostInputs: Int { map(\.inputs.count).max() ?? 1 }
}
