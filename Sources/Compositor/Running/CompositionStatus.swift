import Composition
public import Wire

/// How a composition stands.
public struct CompositionStatus: Sendable {
  public enum State: String, CaseIterable, Hashable, Sendable {
    /// Waits for a place.
    case queued
    /// Its inputs are on their way.
    case fetching
    case composing
    case succeeded, failed, canceled

    public var isOver: Bool { self == .succeeded || self == .failed || self == .canceled }
  }

  public let id: String
  public var state = State.queued
  /// Of the composing, 0…1.
  public var progress = 0.0
  public var failure: CompositionFailure?
  public var result: CompositionResult?

  init(id: String) { self.id = id }

  func write(to writer: inout JSONWriter) {
    writer.field("id", id)
    writer.field("state", state.rawValue)
    writer.field("progress", progress)
    if let failure {
      writer.object("error") {
        $0.field("code", failure.code.rawValue)
        $0.field("message", failure.message)
        $0.objects("errors", failure.fields.errors) { writer, error in
          writer.field("pointer", error.pointer)
          writer.field("detail", error.message)
        }
      }
    } else {
      writer.null("error")
    }
    if let result {
      writer.object("result") {
        // Relative to the service's address, whatever stands before it.
        $0.field("url", "v1/compositions/\(id)/result")
        $0.field("content_type", result.contentType)
        $0.field("bytes", result.byteCount)
        $0.field("duration_s", result.duration)
        $0.field("width", result.width)
        $0.field("height", result.height)
      }
    } else {
      writer.null("result")
    }
  }
}

/// A film that is ready.
public struct CompositionResult: Hashable, Sendable {
  var path: String
  public var contentType: String
  public var byteCount: Int
  /// As planned, in seconds.
  public var duration: Double
  public var width: Int
  public var height: Int
}

/// Why a composition has failed.
public struct CompositionFailure: Error, Hashable, Sendable {
  public enum Code: String, CaseIterable, Hashable, Sendable {
    /// An input cannot be had or used, or does not fit the request: `errors` says which.
    case invalidInput = "invalid_input"
    /// ffmpeg gave up, for the inputs' sake.
    case cannotCompose = "cannot_compose"
    case outputTooLarge = "output_too_large"
    case timedOut = "timed_out"
    /// The service itself cannot work: no ffmpeg, no room on the disk, or somebody else ended ffmpeg.
    case outOfService = "out_of_service"
  }

  public var code: Code
  /// For a person.
  public var message: String
  public var fields = FieldErrors()

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  init(_ code: Code, _ message: String, at pointer: String) {
    self.init(code, "\(pointer): \(message)")
    fields = FieldErrors([FieldError(pointer: pointer, message: message)])
  }

  init(_ fields: FieldErrors) {
    self.init(.invalidInput, fields.errors.map(\.description).joined(separator: "; "))
    self.fields = fields
  }
}
