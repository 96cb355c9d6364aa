public import Routing
public import Wire

/// One piece of work for a vendor, in our own words: an adapter turns it into the vendor's.
public struct WorkOrder: Hashable, Sendable {
  public var capability: Capability
  /// The vendor's name of the model.
  public var model: String
  public var input: WorkInput
  /// The same for the same attempt, whenever asked: ``Job/token(_:)``.
  public var token: String
  /// Where the vendor may tell how it ended; nil for work that is only asked about.
  public var webhookURL: String?
  /// How long the submission may take: ``VendorContract/submitLimit``.
  public var limit: Span
  /// When the work has no more use, so that a vendor that can stop by itself does; nil when it always has.
  public var deadline: Instant?
  /// Of the caller, where the provider's payment is `forwarded`.
  public var credential: CallerCredential?

  public init(
    capability: Capability, model: String, input: WorkInput, token: String, webhookURL: String? = nil,
    limit: Span = .seconds(10), deadline: Instant? = nil, credential: CallerCredential? = nil
  ) {
    self.capability = capability
    self.model = model
    self.input = input
    self.token = token
    self.webhookURL = webhookURL
    self.limit = limit
    self.deadline = deadline
    self.credential = credential
  }
}

/// A caller's own key. Never printed.
public struct CallerCredential: Hashable, Sendable, CustomStringConvertible {
  public let secret: String

  public init(_ secret: String) { self.secret = secret }

  public var description: String { "a credential" }
}

/// What a job's `input` may hold, one name for every vendor.
public enum WorkParameter: String, CaseIterable, Hashable, Sendable {
  /// What is to be made; of speech, the text to be spoken; of an embedding, the text.
  case prompt
  case negativePrompt = "negative_prompt"
  /// Of a conversation, `[{"role", "content"}]`.
  case messages
  /// Of embeddings, several texts at once.
  case texts
  /// Such as `16:9`.
  case aspectRatio = "aspect_ratio"
  case width, height
  case duration = "duration_s"
  /// How many.
  case count
  case seed
  /// How closely to follow the prompt.
  case guidance
  case steps
  /// What to start from or to change: an http, https or data URL.
  case imageURL = "image_url"
  /// White where the picture may change.
  case maskURL = "mask_url"
  case videoURL = "video_url"
  case videoURLs = "video_urls"
  /// A voice to imitate, a recording to write down.
  case audioURL = "audio_url"
  case voice
  /// BCP 47, such as `de`.
  case language
  /// Of the file to be made, such as `png`, `mp3`.
  case format
  case quality
  case temperature
  case topP = "top_p"
  case maximumOutputTokens = "max_output_tokens"
  case stop
  /// Of an embedding.
  case dimensions
}

/// A job's input, checked: normalised parameters, and under `vendor` what goes to the vendor as it is.
public struct WorkInput: Hashable, Sendable {
  private var values: [WorkParameter: JSONValue] = [:]
  /// Parameters in the vendor's own names, in the order given.
  public let vendor: [JSONValue.Member]

  /// Nil when it is not given.
  public subscript(parameter: WorkParameter) -> JSONValue? { values[parameter] }

  /// Those that are given, in the order of ``WorkParameter``.
  public var given: [WorkParameter] { WorkParameter.allCases.filter { values[$0] != nil } }

  /// Reads and checks an `input` object.
  ///
  /// - Throws: every field that is unknown or not of its kind; pointers start at the object.
  public init(_ json: JSONValue) throws(FieldErrors) {
    var reader = try FieldReader(json)
    var found: [WorkParameter: JSONValue] = [:]
    for parameter in WorkParameter.allCases {
      if let value = WorkInput.read(parameter, &reader) { found[parameter] = value }
    }
    let extra = reader.json("vendor") ?? .null
    if !extra.isNull, extra.members == nil {
      reader.fail("vendor", "must be an object of the vendor's own parameters, got \(extra.summary)")
    }
    vendor = extra.members ?? []
    try reader.finish()
    values = found
  }

  private static func read(_ parameter: WorkParameter, _ reader: inout FieldReader) -> JSONValue? {
    let name = parameter.rawValue
    switch parameter {
    case .prompt, .negativePrompt: return reader.optionalString(name).map { .string($0) }
    case .voice, .language, .format, .quality:
      return reader.optionalString(name, length: 1...200).map { .string($0) }
    case .imageURL, .maskURL, .videoURL, .audioURL:
      return reader.optionalParsed(name, as: "an http, https or data URL") { url($0) }.map { .string($0) }
    case .videoURLs, .texts, .stop:
      guard let items = reader.optionalStrings(name, count: 1...2_048, length: 1...Int.max) else {
        return nil
      }
      if parameter == .videoURLs, !items.allSatisfy({ url($0) != nil }) {
        reader.fail(name, "must be a list of http, https or data URLs")
      }
      return .array(items.map { .string($0) })
    case .aspectRatio:
      return reader.optionalParsed(name, as: "a ratio such as 16:9") { AspectRatio($0) }
        .map { .string($0.description) }
    case .width, .height, .steps, .count, .maximumOutputTokens, .dimensions:
      return reader.optionalInteger(name, in: 1...1_000_000).map { .integer(Int64($0)) }
    case .seed: return reader.optionalInteger(name, in: 0...Int64(UInt32.max)).map { .integer(Int64($0)) }
    case .duration: return number(reader.optionalDouble(name, in: 0.01...86_400))
    case .guidance: return number(reader.optionalDouble(name, in: 0...100))
    case .temperature: return number(reader.optionalDouble(name, in: 0...2))
    case .topP: return number(reader.optionalDouble(name, in: 0...1))
    case .messages: return messages(name, &reader)
    }
  }

  private static func messages(_ name: String, _ reader: inout FieldReader) -> JSONValue? {
    guard let items = reader.optionalArray(name, count: 1...10_000) else { return nil }
    for (place, item) in items.enumerated() {
      let hasContent = item["content"] != nil || item["tool_calls"] != nil
      guard item["role"]?.stringValue?.isEmpty == false, hasContent else {
        reader.absorb(
          FieldErrors([
            FieldError(pointer: "", message: "must have a role and a content, got \(item.summary)")
          ]),
          under: JSONPointer.step(name) + JSONPointer.step(place))
        continue
      }
    }
    return .array(items)
  }

  /// Whole numbers stay whole on their way to the vendor.
  private static func number(_ value: Double?) -> JSONValue? {
    value.map { value in Int64(exactly: value).map { .integer($0) } ?? .number(value) }
  }

  private static func url(_ text: String) -> String? {
    ["https://", "http://", "data:"].contains { text.lowercased().hasPrefix($0) } ? text : nil
  }
}

/// Width to height in whole numbers without a common factor.
public struct AspectRatio: Hashable, Sendable, CustomStringConvertible {
  public let width: Int
  public let height: Int

  /// - Parameters: both from 1 to 1,000,000.
  public init?(width: Int, height: Int) {
    guard (1...1_000_000).contains(width), (1...1_000_000).contains(height) else { return nil }
    var (a, b) = (width, height)
    while b != 0 { (a, b) = (b, a % b) }
    self.width = width / a
    self.height = height / a
  }

  /// Reads `16:9`; `1920x1080` is another way to say it.
  public init?(_ text: String) {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "x" }
    guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]) else { return nil }
    self.init(width: width, height: height)
  }

  public var value: Double { Double(width) / Double(height) }

  public var description: String { "\(width):\(height)" }
}
