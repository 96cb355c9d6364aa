/// How much of everything a request asks for: what a price is multiplied with, and what limits are held against.
/// Nil means that the caller did not say; ``assumed(intentBytes:)`` fills in what a typical request would be.
public struct Work: Hashable, Sendable, Codable {
  /// Tokens of text read and written.
  public var inputTokens: Int?
  public var outputTokens: Int?
  /// Pictures to make.
  public var images: Int?
  /// Pixels of one picture or frame.
  public var width: Int?
  public var height: Int?
  /// Seconds of video or audio, in or out.
  public var duration: Double?
  /// Characters to be spoken.
  public var characters: Int?

  public init(
    inputTokens: Int? = nil, outputTokens: Int? = nil, images: Int? = nil, width: Int? = nil,
    height: Int? = nil,
    duration: Double? = nil, characters: Int? = nil
  ) {
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.images = images
    self.width = width
    self.height = height
    self.duration = duration
    self.characters = characters
  }

  /// The same work with everything said: four bytes of intent a token, 500 tokens of answer, one picture of
  /// 1024 × 1024, five seconds. Only for estimates of cost; a limit is never held against an assumption.
  public func assumed(intentBytes: Int) -> Work {
    Work(
      inputTokens: inputTokens ?? max(1, intentBytes / 4), outputTokens: outputTokens ?? 500,
      images: images ?? 1,
      width: width ?? 1_024, height: height ?? 1_024, duration: duration ?? 5,
      characters: characters ?? max(1, intentBytes))
  }
}

/// What a candidate charges: a sum of parts, each in dollars per unit. A part that is zero is not charged; a price
/// of nothing but zeros is a free candidate (an unknown price is a nil `Price`, which is something else).
public struct Price: Hashable, Sendable, Codable {
  public var perRequest = 0.0
  public var perImage = 0.0
  /// Per million pixels, of every picture.
  public var perMegapixel = 0.0
  /// Per second of video or audio.
  public var perSecond = 0.0
  /// Per minute of video or audio.
  public var perMinute = 0.0
  /// Per million tokens read.
  public var perMillionInputTokens = 0.0
  /// Per million tokens written.
  public var perMillionOutputTokens = 0.0
  /// Per million characters spoken.
  public var perMillionCharacters = 0.0

  public init() {}

  /// The expected dollars for some work, all of whose amounts are said (``Work/assumed(intentBytes:)``).
  public func dollars(for work: Work) -> Double {
    let images = Double(work.images ?? 1)
    let megapixels = Double(work.width ?? 0) * Double(work.height ?? 0) / 1e6
    let seconds = work.duration ?? 0
    let media =
      perImage * images + perMegapixel * megapixels * images
      + perSecond * seconds + perMinute * seconds / 60
    let text =
      perMillionInputTokens * Double(work.inputTokens ?? 0)
      + perMillionOutputTokens * Double(work.outputTokens ?? 0)
      + perMillionCharacters * Double(work.characters ?? 0)
    return perRequest + media + text / 1e6
  }
}
