import Transport
import Wire

/// A call to a vendor, described and not made: what an order becomes.
struct CallDescription: Hashable, Sendable {
  var method: String
  /// Absolute, and allowed by the vendor's policy as far as its text tells.
  var url: String
  var headers: [Header] = []
  var body = Body.none

  struct Header: Hashable, Sendable {
    var name: String
    var value: String
  }

  enum Body: Hashable, Sendable {
    case none
    case json(JSONValue)
    /// Files among the parts are fetched before the call is made.
    case multipart([Part])
  }

  /// One part of a form.
  struct Part: Hashable, Sendable {
    enum Content: Hashable, Sendable {
      case text(String)
      /// An https or data URL.
      case file(url: String)
    }

    var name: String
    var content: Content
  }
}

/// A vendor's answer, as far as reading it goes.
struct VendorAnswer: Sendable {
  var status: Int
  var headers: HeaderFields
  var body: [UInt8]

  init(status: Int, headers: HeaderFields = [:], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  init(_ answer: HTTPAnswer) { self.init(status: answer.status, headers: answer.headers, body: answer.body) }

  var isGood: Bool { (200..<300).contains(status) }

  /// Without its parameters, in lower case.
  var mediaType: String {
    let field = headers["content-type"] ?? ""
    return field.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
  }
}
