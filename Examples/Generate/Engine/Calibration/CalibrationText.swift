/// The texts of a calibration, in windows that find factors, choose among them, or judge the choice.
///
/// Of every four windows one finds, two choose and one judges: choosing compares what is nearly the
/// same, and needs the most text.
struct CalibrationText: Sendable {
    /// The tokens of all texts, one after the other.
    let tokens: [Int]
    /// The windows that find factors.
    private(set) var finding: [TextWindow] = []
    /// The windows that choose among them, by text.
    private(set) var choosing: [[TextWindow]] = []
    /// The windows that judge.
    private(set) var judging: [TextWindow] = []

    /// Cuts texts into windows; none reaches from one text into the next.
    ///
    /// - Parameters:
    ///   - texts: the tokens of every text.
    ///   - window: how many tokens are computed at once.
    /// - Throws: ``EngineError`` for no text, and one of fewer than three windows.
    init(_ texts: [[Int]], window: Int) throws {
        guard !texts.isEmpty, window > 0 else {
            throw EngineError("calibration: wanted a text, and windows of one token or more")
        }
        tokens = texts.flatMap { $0 }
        var first = 0
        for text in texts {
            let windows = TextWindow.over(count: text.count, length: window, stride: window)
                .map { $0.moved(by: first) }
            guard windows.count > 2 else {
                throw EngineError(
                    "calibration: a text of \(text.count) tokens, wanted \(2 * window + 2) or "
                        + "more, which are three windows")
            }
            finding += Self.every(4, of: windows, from: 0)
            choosing.append(Self.every(2, of: windows, from: 1))
            judging += Self.every(4, of: windows, from: 2)
            first += text.count
        }
    }

    private static func every(
        _ step: Int, of windows: [TextWindow], from first: Int
    ) -> [TextWindow] {
        stride(from: first, to: windows.count, by: step).map { windows[$0] }
    }
}
