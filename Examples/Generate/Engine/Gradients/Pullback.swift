/// Takes a gradient with respect to a step's output to one with respect to its input.
///
/// A step's `pullback(at:)` computes what it needs of the input once; all rows of the input are one
/// text, from its first token on.
typealias Pullback = ([Float]) -> [Float]
