/// Where an input comes from.
public enum InputSource: Hashable, Sendable {
  /// An http or https address, to be fetched.
  case address(String)
  /// A data URL: the file itself.
  case inline(String)
  /// A file that was sent before, by its id.
  case upload(String)

  static let wanted = "an http, https or data URL, or upload:ID of a file sent to /v1/uploads"

  /// Stands for a source that is missing, which is an error already.
  static let nothing = InputSource.inline("data:,")

  public init?(_ text: String) {
    let start = text.prefix(8).lowercased()
    if start.hasPrefix("http://") || start.hasPrefix("https://") {
      self = .address(text)
    } else if start.hasPrefix("data:") {
      self = .inline(text)
    } else if text.hasPrefix("upload:"), InputSource.isID(text.dropFirst(7)) {
      self = .upload(String(text.dropFirst(7)))
    } else {
      return nil
    }
  }

  /// Letters, digits and hyphens: an id is part of a file's name.
  public static func isID(_ text: some StringProtocol) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
  }
}
