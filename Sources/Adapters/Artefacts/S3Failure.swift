import Foundation
import Transport

/// Why a bucket does not do what it is asked, and what to do about it.
public enum S3Failure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The environment variable of that name is not set.
  case noCredential(variable: String)
  /// It does not let us in, or not to this.
  case refused(bucket: String, code: String)
  case noBucket(String)
  /// It has too much to do, or a fault of its own; it may work in a moment.
  case busy(bucket: String, status: Int, code: String)
  case unreachable(bucket: String, detail: String)
  /// Somebody removed it.
  case gone(name: String)
  case odd(bucket: String, status: Int, code: String)
  /// The file that an artefact goes through on its way.
  case spool(path: String, reason: String)

  public var description: String {
    switch self {
    case .noCredential(let variable):
      "artefacts go to a bucket, and the environment variable \(variable) is not set: set it, or name a folder with "
        + "--artefacts"
    case .refused(let bucket, let code):
      "the bucket \(bucket) refuses (\(code)): give this key s3:GetObject, s3:PutObject and s3:DeleteObject there, and "
        + "s3:ListBucket, without which what is missing looks like what is forbidden"
    case .noBucket(let bucket): "there is no bucket \(bucket): make it, or name another with --artefacts"
    case .busy(let bucket, let status, let code): "the bucket \(bucket) cannot now (\(status) \(code))"
    case .unreachable(let bucket, let detail): "the bucket \(bucket) cannot be reached: \(detail)"
    case .gone(let name): "the artefact \(name) is not in its bucket any more"
    case .odd(let bucket, let status, let code):
      "the bucket \(bucket) answers what is not expected: \(status) \(code)"
    case .spool(let path, let reason):
      "\(path), through which artefacts go on their way to the bucket: \(reason)"
    }
  }

  /// Whether the same call may work a moment later.
  var passes: Bool {
    switch self {
    case .busy, .unreachable: true
    default: false
    }
  }

  /// What an answer that is no success means.
  init(_ answer: HTTPAnswer, bucket: String) {
    let code = S3Text.values("Code", in: answer.text).first ?? "no code"
    switch answer.status {
    case 401, 403: self = .refused(bucket: bucket, code: code)
    // Of an object that is missing the answer says NoSuchKey, and HEAD says nothing.
    case 404 where code == "NoSuchBucket": self = .noBucket(bucket)
    case 429, 500...599: self = .busy(bucket: bucket, status: answer.status, code: code)
    default: self = .odd(bucket: bucket, status: answer.status, code: code)
    }
  }
}

/// The little of XML that S3's answers are made of: elements that hold text.
enum S3Text {
  /// What stands in the elements of a name, in order.
  static func values(_ name: String, in text: String) -> [String] {
    text.components(separatedBy: "<\(name)>").dropFirst().compactMap { part in
      part.range(of: "</\(name)>").map { plain(String(part[..<$0.lowerBound])) }
    }
  }

  /// The elements of a name, as they stand.
  static func elements(_ name: String, in text: String) -> [String] {
    text.components(separatedBy: "<\(name)>").dropFirst().compactMap { part in
      part.range(of: "</\(name)>").map { String(part[..<$0.lowerBound]) }
    }
  }

  private static func plain(_ text: String) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'"), ("&amp;", "&")]
      .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
  }

  static func escaped(_ text: String) -> String {
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")]
      .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
  }
}
