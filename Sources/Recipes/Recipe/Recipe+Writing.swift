import Routing
public import Wire

extension Recipe: JSONWritable {
  /// The form in which a recipe is kept and shown; reading it gives the same recipe. The same recipe gives the same
  /// bytes.
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("name", name)
      $0.field("capability", capability.name)
      $0.field("title", title)
      $0.field("default", isDefault)
      $0.objects("steps", steps) { writer, step in
        writer.field("name", step.name)
        writer.field("capability", step.capability.name)
        writer.fieldIfPresent("intent", step.intent)
        writer.field("input", step.input)
        if let list = step.forEach {
          writer.object("for_each") { writer in
            writer.field("in", list.list)
            switch list.split {
            case .lines?: writer.field("split", "lines")
            case .characters(let limit)?: writer.object("split") { $0.field("characters", limit) }
            case nil: break
            }
            writer.field("most", list.most)
          }
        }
        writer.fieldIfPresent("unless", step.unless)
        if let review = step.review { writer.object("review") { $0.field("least", review.least) } }
      }
      $0.field("result", steps[result].name)
    }
  }

  public var bytes: [UInt8] {
    var writer = JSONWriter(reserving: 2_048)
    writer.value(self)
    return writer.bytes
  }

  /// A recipe of the stored form, also a built-in one, whose name no other may have.
  ///
  /// - Throws: when the bytes are not what ``bytes`` gave.
  public init(stored: JSONValue) throws {
    if let name = stored["name"]?.stringValue, let capability = Capability(name: name) {
      self = .builtIn(capability)
    } else {
      self = try Recipe(stored)
    }
  }
}
