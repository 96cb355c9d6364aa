/// One of the parts that a ``Price`` is a sum of. The raw value is its name on the wire and in files.
public enum PricePart: String, CaseIterable, Hashable, Sendable {
  case perRequest = "per_request"
  case perImage = "per_image"
  case perMegapixel = "per_megapixel"
  case perSecond = "per_second"
  case perMinute = "per_minute"
  case perMillionInputTokens = "per_million_input_tokens"
  case perMillionOutputTokens = "per_million_output_tokens"
  case perMillionCharacters = "per_million_characters"
}

extension Price {
  /// Dollars for one of the part's units; 0 when it is not charged.
  public subscript(part: PricePart) -> Double {
    get {
      switch part {
      case .perRequest: perRequest
      case .perImage: perImage
      case .perMegapixel: perMegapixel
      case .perSecond: perSecond
      case .perMinute: perMinute
      case .perMillionInputTokens: perMillionInputTokens
      case .perMillionOutputTokens: perMillionOutputTokens
      case .perMillionCharacters: perMillionCharacters
      }
    }
    set {
      switch part {
      case .perRequest: perRequest = newValue
      case .perImage: perImage = newValue
      case .perMegapixel: perMegapixel = newValue
      case .perSecond: perSecond = newValue
      case .perMinute: perMinute = newValue
      case .perMillionInputTokens: perMillionInputTokens = newValue
      case .perMillionOutputTokens: perMillionOutputTokens = newValue
      case .perMillionCharacters: perMillionCharacters = newValue
      }
    }
  }
}
