import Routing
import Vectors
import Wire

/// The body of `POST /v1/decisions`, read strictly.
struct DecisionRequest {
  var intent: Intent
  /// Unit, D floats.
  var embedding: [Float]?
  var idempotencyKey: String?

  /// - Parameter floats: of the embedding, where they were read apart from the value.
  init(
    _ value: JSONValue, floats: [Float]? = nil, dimension: Int, limits: RequestLimits
  ) throws(FieldErrors) {
    var reader = try FieldReader(value)
    self.init(&reader, floats: floats, dimension: dimension, limits: limits)
    try reader.finish()
  }

  /// Reads the fields of a decision where others stand beside them. Placeholders stand where the reader recorded an
  /// error.
  ///
  /// - Parameter spare: the text to take where none is given and no embedding either; what there is of it elsewhere in
  ///   the request.
  init(
    _ reader: inout FieldReader, floats: [Float]? = nil, dimension: Int, limits: RequestLimits,
    spare: (text: String?, source: String)? = nil
  ) {
    let capability = reader.parsed("capability", as: "one of \(Capability.listing)") {
      Capability(name: $0)
    }
    var text = reader.optionalString("intent", length: 1...limits.intentCharacters)
    embedding = DecisionRequest.embedding(&reader, floats, dimension)
    if text == nil, !reader.has("intent") {
      text = spare?.text
      if text == nil, !reader.has("embedding") {
        reader.fail(
          "intent", "is required unless there is an embedding" + (spare.map { " or \($0.source)" } ?? ""))
      }
    }
    if let text, !text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
      reader.fail("intent", "must say something; it is only white space")
    }
    var work = Work()
    let constraints = reader.optionalObject("constraints") { DecisionRequest.constraints(&$0, &work) }
    _ = reader.optionalObject("units") { units in
      work.inputTokens = units.optionalInteger("input_tokens", in: 0...1_000_000_000).map(Int.init)
      work.outputTokens = units.optionalInteger("output_tokens", in: 0...1_000_000_000).map(Int.init)
      work.images = units.optionalInteger("images", in: 1...10_000).map(Int.init)
      work.characters = units.optionalInteger("characters", in: 0...1_000_000_000).map(Int.init)
    }
    let costWeight = reader.optionalObject("objective") { $0.optionalDouble("cost_weight", in: 0...10) ?? 0 }
    let explore = reader.optionalBool("explore")
    let session = reader.optionalString("session", length: 1...200)
    idempotencyKey = reader.optionalString("idempotency_key", length: 1...255)
    intent = Intent(
      capability: capability ?? .textGeneration, text: text, constraints: constraints ?? Constraints(),
      work: work,
      costWeight: costWeight ?? 0, allowsExploration: explore ?? true, session: session)
  }

  private static func constraints(_ reader: inout FieldReader, _ work: inout Work) -> Constraints {
    let constraints = Constraints(
      maximumCost: reader.optionalDouble("max_cost_usd", in: 0...1e9),
      maximumLatency: reader.optionalDouble("max_latency_ms", in: 0...1e12).map {
        Span(microseconds: Int64(($0 * 1_000).rounded()))
      },
      only: reader.optionalStrings("only", count: 1...256, length: 1...200),
      exclude: reader.optionalStrings("exclude", count: 0...256, length: 1...200) ?? [])
    work.width = reader.optionalInteger("width", in: 1...1_000_000).map(Int.init)
    work.height = reader.optionalInteger("height", in: 1...1_000_000).map(Int.init)
    work.duration = reader.optionalDouble("duration_s", in: 0...1e7)
    return constraints
  }

  private static func embedding(
    _ reader: inout FieldReader, _ floats: [Float]?, _ dimension: Int
  ) -> [Float]? {
    let held = reader.optionalFloats("embedding")
    guard let floats = floats ?? held else { return nil }
    guard reader.isClean || !floats.isEmpty else { return nil }
    guard floats.count == dimension else {
      reader.fail(
        "embedding", "must have \(dimension) numbers, as the router's embedding has, got \(floats.count)")
      return nil
    }
    guard let unit = UnitVector(normalising: floats) else {
      reader.fail("embedding", "must not be all zeros: it has no direction")
      return nil
    }
    return unit.elements
  }
}
