import Routing
import Wire

/// The form in which a result is stored by itself.
extension JobResult {
  public var stored: [UInt8] {
    var writer = JSONWriter(reserving: 256)
    writer.object { writeFields(to: &$0) }
    return writer.bytes
  }

  /// - Throws: ``JobFault`` with what is wrong.
  public init(stored bytes: [UInt8]) throws(JobFault) {
    do {
      var reader = try FieldReader(try JSONValue.parse(bytes))
      self.init(&reader)
      try reader.finish()
    } catch {
      throw JobFault("a stored result: \(error)")
    }
  }
}

extension CacheTicket {
  func writeFields(to writer: inout JSONWriter) {
    writer.field("key", key)
    writer.field("kin", kin)
    writer.field("label", label)
    writer.field("lifetime", lifetime.microseconds)
    if isSemantic { writer.field("semantic", true) }
  }

  init(_ reader: inout FieldReader) {
    self.init(
      key: reader.string("key"), kin: reader.string("kin"), label: reader.string("label"),
      lifetime: reader.span("lifetime"), isSemantic: reader.optionalBool("semantic") ?? false)
  }
}

extension CacheOrigin {
  func writeFields(to writer: inout JSONWriter) {
    writer.field("job", job.description)
    writer.field("kept", kept.microseconds)
    writer.fieldIfPresent("similarity", similarity)
  }

  init?(_ reader: inout FieldReader) {
    let job = reader.parsed("job", as: "an identifier") { Identifier($0) }
    let kept = reader.instant("kept")
    let similarity = reader.optionalDouble("similarity", in: -1...1)
    guard let job else { return nil }
    self.init(job: job, kept: kept, similarity: similarity)
  }
}
