import Foundation
public import Jobs
import Routing
public import Serving
import Transport
import Wire

extension DeclaredAdapter {
  public func stream(
    _ order: WorkOrder
  ) async throws(VendorFailure) -> any AsyncSequence<TextDelta, VendorFailure> & Sendable {
    let operation = try operation(order.capability, order.model)
    guard let shape = operation.stream else {
      throw VendorFailure(.callerError, cause: .found, message: "\(provider) does not stream this work")
    }
    let filling = try filling(order)
    do throws(VendorFailure) {
      var call = operation.submit
      call.fixed += shape.fixed
      let answer = try await calls.stream(try interpreter.call(call, filling), limit: order.limit)
      let head = VendorAnswer(status: answer.status, headers: answer.headers, body: [])
      guard head.isGood else {
        throw interpreter.failure(await calls.rest(of: answer), at: context.clock.now)
      }
      guard head.mediaType == "text/event-stream" else {
        throw VendorFailure(
          .ambiguous, httpStatus: answer.status,
          message:
            "the vendor did not stream: its answer is \(head.mediaType.isEmpty ? "untyped" : head.mediaType)")
      }
      return DeltaSequence(
        events: answer.body.events(),
        reader: DeltaReader(interpreter: interpreter, shape: shape, answer: operation.answer))
    } catch {
      throw redacted(error, filling.credential)
    }
  }

  public func health() async -> VendorFailure? {
    guard let shape = interpreter.declaration.health else { return nil }
    do throws(VendorFailure) {
      let filling = VendorInterpreter.Filling(credential: try healthCredential())
      let answer = try await calls.answer(
        try interpreter.call(shape, filling), limit: DeclaredAdapter.shortLimit)
      return answer.isGood
        ? nil : redacted(interpreter.failure(answer, at: context.clock.now), filling.credential)
    } catch {
      return error
    }
  }

  public func discover() async throws(VendorFailure) -> [DiscoveredModel] {
    let shapes = interpreter.declaration.discovery
    guard !shapes.isEmpty else { return [] }
    let filling = VendorInterpreter.Filling(credential: try healthCredential())
    var lists: [[DiscoveredModel]] = []
    for shape in shapes {
      let call = try interpreter.call(shape.call, filling)
      do throws(VendorFailure) {
        let answer = try await calls.answer(call, limit: DeclaredAdapter.listLimit)
        lists.append(try interpreter.models(answer, shape, at: context.clock.now))
      } catch {
        // Of several lists it matters which.
        var failure = redacted(error, filling.credential)
        failure.message += " (\(call.url))"
        throw failure
      }
    }
    return VendorInterpreter.merged(lists)
  }

  /// Of a provider paid by its callers there is none of our own, and its public calls must do.
  private func healthCredential() throws(VendorFailure) -> String? {
    if access?.payment != .forwarded, let obstacle = obstacle(for: nil) {
      throw VendorFailure(.authCredit, cause: .found, message: obstacle.description)
    }
    return credential(nil)
  }

  public func download(
    _ artefact: Artefact, to descriptor: Int32
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    try await download(artefact, to: descriptor, for: nil)
  }

  public func download(
    _ artefact: Artefact, to descriptor: Int32, for payer: CallerCredential?
  ) async throws(VendorFailure) -> (contentType: String?, byteCount: Int) {
    guard case .inline(let bytes, let type)? = VendorInterpreter.inline(artefact.url) else {
      return try await calls.download(
        artefact.url, headers: interpreter.downloadHeaders(artefact.url, credential(payer)), to: descriptor)
    }
    guard !bytes.isEmpty else {
      throw VendorFailure(.badOutput, cause: .found, message: "the result is an empty file")
    }
    do {
      try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: Data(bytes))
    } catch {
      throw VendorFailure(.local, cause: .found, message: "the file cannot be written: \(error)")
    }
    return (type, bytes.count)
  }
}

/// From the events of a stream to deltas. Pure.
struct DeltaReader: Sendable {
  let interpreter: VendorInterpreter
  let shape: StreamShape
  let answer: AnswerShape
  /// Whether the vendor has said that the stream is over.
  private(set) var isOver = false
  private var hasFinished = false

  init(interpreter: VendorInterpreter, shape: StreamShape, answer: AnswerShape) {
    self.interpreter = interpreter
    self.shape = shape
    self.answer = answer
  }

  /// - Returns: nil when the event brings nothing for the reader.
  mutating func read(_ event: ServerSentEvent) throws(VendorFailure) -> TextDelta? {
    let data = event.data.trimmingCharacters(in: .whitespaces)
    if data == shape.end {
      isOver = true
      return nil
    }
    guard !data.isEmpty else { return nil }
    let json: JSONValue
    do {
      json = try JSONValue.parse(data)
    } catch {
      throw VendorFailure(.ambiguous, message: "an event of the vendor's stream is not JSON: \(error)")
    }
    if let failure = interpreter.found(json, VendorAnswer(status: 200, body: [])) { throw failure }
    // An error in the middle stands where it would stand in an answer with a bad status.
    if event.name == "error" || json["error"].map({ !$0.isNull }) == true {
      throw interpreter.jobFailure(json, VendorAnswer(status: 200, body: []))
    }
    let delta = TextDelta(
      text: shape.text.text(in: json) ?? "", finish: shape.finish.text(in: json),
      usage: interpreter.usage(json, answer))
    if delta.finish != nil { hasFinished = true }
    return delta.text.isEmpty && delta.finish == nil && delta.usage == nil ? nil : delta
  }

  /// What it means that nothing more comes.
  func end() throws(VendorFailure) {
    guard isOver || hasFinished else {
      throw VendorFailure(
        .ambiguous, cause: .unreachable, message: "the vendor's stream ended before its answer did")
    }
  }
}

struct DeltaSequence: AsyncSequence, Sendable {
  typealias Element = TextDelta
  typealias Failure = VendorFailure

  let events: ServerSentEvents
  let reader: DeltaReader

  func makeAsyncIterator() -> Iterator { Iterator(events: events.makeAsyncIterator(), reader: reader) }

  struct Iterator: AsyncIteratorProtocol {
    var events: ServerSentEvents.Iterator
    var reader: DeltaReader

    mutating func next() async throws(VendorFailure) -> TextDelta? { try await next(isolation: nil) }

    mutating func next(isolation actor: isolated (any Actor)?) async throws(VendorFailure) -> TextDelta? {
      while !reader.isOver {
        let event: ServerSentEvent?
        do {
          event = try await events.next(isolation: actor)
        } catch {
          throw VendorFailure(error, spends: true)
        }
        guard let event else { break }
        if let delta = try reader.read(event) { return delta }
      }
      try reader.end()
      return nil
    }
  }
}
