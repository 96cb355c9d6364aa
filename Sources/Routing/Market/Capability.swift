/// What a candidate can be asked to make. The raw value is stored in the ledger, so a new case goes to the end.
public enum Capability: UInt8, CaseIterable, Sendable, Hashable, Comparable, Codable {
  case textGeneration
  case embedding
  case imageGeneration
  case imageEditing
  case inpainting
  case imageToImage
  case superResolution
  case backgroundRemoval
  case textToVideo
  case imageToVideo
  case videoComposition
  case textToSpeech
  case voiceCloning
  case speechToText
  case audioGeneration
  case qualityReview

  /// The position among all capabilities, 0…15.
  public var index: Int { Int(rawValue) }

  /// The name on the wire and in files.
  public var name: String { Capability.names[index] }

  /// The capability of that name, if there is one.
  public init?(name: String) {
    guard let index = Capability.names.firstIndex(of: name) else { return nil }
    self = Capability.allCases[index]
  }

  public static func < (left: Capability, right: Capability) -> Bool { left.rawValue < right.rawValue }

  /// All names as a person reads them, made once: every request's reader has it at hand for its errors.
  public static let listing = names.joined(separator: ", ")

  /// All names, in the order of the cases.
  public static let names = [
    "text_generation", "embedding", "image_generation", "image_editing", "inpainting",
    "image_to_image", "super_resolution", "background_removal", "text_to_video", "image_to_video",
    "video_composition", "text_to_speech", "voice_cloning", "speech_to_text", "audio_generation",
    "quality_review",
  ]
}

extension Capability: CustomStringConvertible {
  public var description: String { name }
}
