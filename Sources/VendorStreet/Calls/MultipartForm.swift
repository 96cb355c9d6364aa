/// A body of type `multipart/form-data` (RFC 7578), cut into its parts.
struct MultipartForm: Sendable {
  struct Part: Sendable {
    let name: String
    let fileName: String?
    let contentType: String?
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  let parts: [Part]

  /// nil when the type is another one, the boundary is missing, or the body does not end with it.
  init?(_ body: [UInt8], contentType: String) {
    guard contentType.lowercased().hasPrefix("multipart/form-data"),
      let boundary = MultipartForm.parameter("boundary", of: contentType)
    else { return nil }
    let line = Array("--\(boundary)".utf8)
    var starts: [Int] = []
    var place = 0
    while place + line.count <= body.count {
      if body[place] == 0x2D, body[place..<(place + line.count)].elementsEqual(line) {
        starts.append(place)
        place += line.count
      } else {
        place += 1
      }
    }
    guard starts.count >= 1 else { return nil }
    parts = zip(starts, starts.dropFirst()).compactMap { start, end in
      // Between the line break after the boundary and the one before the next.
      let from = start + line.count + 2
      return from <= end - 2 ? MultipartForm.part(body[from..<(end - 2)]) : nil
    }
  }

  subscript(name: String) -> Part? { parts.first { $0.name == name } }

  /// The part's text; nil when there is no such part.
  func text(_ name: String) -> String? { self[name]?.text }

  private static func part(_ bytes: ArraySlice<UInt8>) -> Part? {
    let blank: [UInt8] = [13, 10, 13, 10]
    guard bytes.count >= 4,
      let cut = (bytes.startIndex...(bytes.endIndex - 4)).first(where: {
        bytes[$0..<($0 + 4)].elementsEqual(blank)
      })
    else { return nil }
    let head = String(decoding: bytes[..<cut], as: UTF8.self)
    var fields: [String: String] = [:]
    for line in head.split(whereSeparator: \.isNewline) {
      let sides = line.split(separator: ":", maxSplits: 1)
      if sides.count == 2 { fields[sides[0].lowercased()] = String(sides[1].drop { $0 == " " }) }
    }
    guard let disposition = fields["content-disposition"], let name = parameter("name", of: disposition)
    else {
      return nil
    }
    return Part(
      name: name, fileName: parameter("filename", of: disposition), contentType: fields["content-type"],
      bytes: Array(bytes[(cut + 4)...]))
  }

  /// `name="x"` or `name=x` among the parameters after the first semicolon.
  private static func parameter(_ name: String, of header: String) -> String? {
    for parameter in header.split(separator: ";").dropFirst() {
      let sides = parameter.split(separator: "=", maxSplits: 1)
      guard sides.count == 2, sides[0].filter({ $0 != " " }).lowercased() == name else { continue }
      let value = sides[1].drop { $0 == " " }
      if value.hasPrefix("\"") { return String(value.dropFirst().prefix { $0 != "\"" }) }
      return String(value.prefix { $0 != " " })
    }
    return nil
  }
}
