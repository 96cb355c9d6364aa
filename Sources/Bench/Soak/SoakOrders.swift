import Foundation
import Synchronization
import Wire

/// Threads that keep a number of jobs in flight at a router which may be killed at any moment: each order goes out under
/// its own key until it is answered.
final class SoakOrders: Sendable {
  private let book: Mutex<SoakBook>
  private let port: Int
  private let limit: Int
  private let isClosed = Atomic<Bool>(false)
  private let isGivenUp = Atomic<Bool>(false)
  private let unavailable = Atomic<Int>(0)
  private let threads = DispatchGroup()

  init(port: Int, settings: SoakSettings) {
    self.port = port
    limit = settings.jobs
    book = Mutex(
      SoakBook(seed: settings.seed, capabilities: SoakStreet.capabilities, most: settings.orders))
    for _ in 0..<SoakSettings.senders {
      threads.enter()
      Thread { [self] in
        defer { threads.leave() }
        work()
      }.start()
    }
  }

  var current: SoakBook { book.withLock { $0 } }

  /// Answers of 429 and above 499, after which an order was sent again.
  var unavailableAnswers: Int { unavailable.load(ordering: .relaxed) }

  /// Whether no order is left to be made.
  var isFull: Bool { book.withLock { $0.isFull } }

  func note(ended: Int) { book.withLock { $0.ended = ended } }

  /// Takes no more orders; those that went out are still sent until they are answered.
  func close() { isClosed.store(true, ordering: .relaxed) }

  /// Ends the threads, whatever is still unanswered.
  func stop() {
    close()
    isGivenUp.store(true, ordering: .relaxed)
    threads.wait()
  }

  /// What an order asks for. The mark in the prompt is what the street files it under.
  static func body(_ reference: String, _ number: Int, _ capability: String) -> String {
    let more =
      switch capability {
      // Some make films of 5 seconds, others of 8, and some say themselves how long.
      case "text_to_video": ["", #", "duration_s": 5"#, #", "duration_s": 8"#][number / 5 % 3]
      // The mark is in the recording itself, where every vendor's upload carries it.
      case "speech_to_text": #", "audio_url": "\#(recording("[[ref: \(reference)]]"))""#
      default: ""
      }
    let subject = ["a lighthouse at dusk", "a kettle on a stove", "two herons", "a street in the rain"][
      number % 4]
    return """
      {"capability": "\(capability)", "intent": "\(subject), number \(number % 500)", \
      "input": {"prompt": "\(subject) [[ref: \(reference)]]"\(more)}, "deadline_s": \(SoakSettings.budget)}
      """
  }

  /// A sound file as a data URL, in which a mark stands for the samples.
  static func recording(_ mark: String) -> String {
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let samples = Array(mark.utf8)
    let format = little(16, 4) + little(1, 2) + little(1, 2) + little(8_000, 4) + little(8_000, 4)
    let bytes =
      Array("RIFF".utf8) + little(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + format + little(1, 2)
      + little(8, 2) + Array("data".utf8) + little(samples.count, 4) + samples
    return "data:audio/x-wav;base64," + Data(bytes).base64EncodedString()
  }

  private func work() {
    var connection: LoopbackConnection?
    while !isClosed.load(ordering: .relaxed) {
      guard let order = book.withLock({ $0.next(limit: limit) }) else {
        usleep(5_000)
        continue
      }
      let reference = book.withLock { $0.reference(order.number) }
      let request = LoopbackConnection.request(
        "POST", "/v1/jobs", SoakOrders.body(reference, order.number, order.capability),
        headers: [("idempotency-key", reference)])
      while !isGivenUp.load(ordering: .relaxed), !send(request, order.number, &connection) { usleep(100_000) }
    }
  }

  /// Whether nothing is left to do for the order.
  private func send(_ request: [UInt8], _ number: Int, _ connection: inout LoopbackConnection?) -> Bool {
    do {
      let open = try connection ?? LoopbackConnection(port: port, patience: 30)
      connection = open
      book.withLock { $0.send(number) }
      let status = try open.exchange(request)
      if (200..<300).contains(status), let id = try open.json()["id"]?.stringValue {
        book.withLock { $0.acknowledge(number, job: id) }
        return true
      }
      if status == 429 || status >= 500 {
        unavailable.add(1, ordering: .relaxed)
        return false
      }
      let answer = String(((try? open.json()).map { "\($0)" } ?? "").prefix(300))
      book.withLock { $0.refuse(number, status: status, answer: answer) }
      return true
    } catch {
      connection = nil
      return false
    }
  }
}
