/// A value that can put itself into JSON text as exactly one value.
public protocol JSONWritable {
  func write(to writer: inout JSONWriter)
}

extension String: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.string(self) }
}

extension Substring: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.string(String(self)) }
}

extension Bool: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.bool(self) }
}

extension Int: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.integer(Int64(self)) }
}

extension Int64: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension Int32: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.integer(Int64(self)) }
}

extension UInt64: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension UInt32: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.integer(UInt64(self)) }
}

extension Double: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.number(self) }
}

extension Float: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) { writer.number(self) }
}

/// nil is written as null.
extension Optional: JSONWritable where Wrapped: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) {
    if let self { self.write(to: &writer) } else { writer.null() }
  }
}

extension Array: JSONWritable where Element: JSONWritable {
  @inlinable public func write(to writer: inout JSONWriter) {
    writer.openArray()
    for element in self { element.write(to: &writer) }
    writer.closeArray()
  }
}

extension JSONValue: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.null()
    case .bool(let flag): writer.bool(flag)
    case .integer(let integer): writer.integer(integer)
    case .number(let number): writer.number(number)
    case .string(let text): writer.string(text)
    case .array(let elements): elements.write(to: &writer)
    case .object(let members):
      writer.openObject()
      for member in members { writer.field(member.name, member.value) }
      writer.closeObject()
    }
  }

  /// The value as JSON text.
  ///
  /// - Parameter pretty: one member or element a line, indented by two spaces; otherwise no space at all.
  public func serialized(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter()
    if pretty { writePretty(to: &writer, indent: 0) } else { write(to: &writer) }
    return writer.bytes
  }

  private func writePretty(to writer: inout JSONWriter, indent: Int) {
    let line = "\n" + String(repeating: "  ", count: indent + 1)
    let lastLine = "\n" + String(repeating: "  ", count: indent)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      writer.openArray()
      for (index, element) in elements.enumerated() {
        writer.append(index == 0 ? line : "," + line)
        writer.needsComma = false
        element.writePretty(to: &writer, indent: indent + 1)
      }
      writer.append(lastLine)
      writer.closeArray()
    case .object(let members) where !members.isEmpty:
      writer.openObject()
      for (index, member) in members.enumerated() {
        writer.append(index == 0 ? line : "," + line)
        writer.needsComma = false
        writer.key(member.name)
        writer.append(" ")
        member.value.writePretty(to: &writer, indent: indent + 1)
      }
      writer.append(lastLine)
      writer.closeObject()
    default: write(to: &writer)
    }
  }
}
