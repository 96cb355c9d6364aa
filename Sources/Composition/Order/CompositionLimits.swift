/// How much one composition may ask for. What is beyond is refused with the limit's name and number, never cut.
public struct CompositionLimits: Hashable, Sendable {
  /// Files that go in: clips, pictures over them, and sound.
  public var inputs = 32
  /// Of the film that comes out, in seconds.
  public var duration = 600.0
  /// Of the film that comes out, in pixels of width × height: 3840 × 2160.
  public var pixels = 8_294_400
  /// Of what goes in: a small file may hold a picture that fills the memory.
  public var inputPixels = 64_000_000
  public var framesPerSecond = 60.0
  /// Of one input.
  public var inputBytes = 512 << 20
  /// Of all inputs together.
  public var totalBytes = 2 << 30
  /// Of the film that comes out; ffmpeg stops there, and that is an error.
  public var outputBytes = 2 << 30
  /// Characters of a text over the film.
  public var textCharacters = 2_000

  public init() {}
}
