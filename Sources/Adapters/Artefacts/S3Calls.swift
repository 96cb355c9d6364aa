import Foundation
import Routing
import Transport

/// The calls of S3 that a store of artefacts is made of (AWS, "Amazon S3 API Reference").
///
/// Every body is signed with its own SHA-256. A part is in memory when it is sent, so the digest costs no second
/// reading; and a store that gets other bytes than were signed refuses them, also over plain http, where
/// UNSIGNED-PAYLOAD would let them pass.
struct S3Calls: Sendable {
  let bucket: S3Bucket
  let transport: HTTPTransport
  /// The account, read anew for each call: a key that comes later, or is rotated, is used at once.
  let account: @Sendable () throws(S3Failure) -> BedrockAccount
  /// Passes the time before the next try of a call that may work then.
  var pause: @Sendable (_ tries: Int) async throws -> Void = { tries in
    try await Task.sleep(for: .milliseconds(200 << (2 * (tries - 1))))
  }

  /// How often a call is made in all while it fails in a way that passes.
  static let tries = 3

  /// The size of an object; nil when there is none.
  ///
  /// - Parameter isLast: whether no other call follows that would say that it is the bucket that is missing, as the
  ///   answer to HEAD cannot.
  func size(of name: String, isLast: Bool) async throws -> Int? {
    let answer = try await send("HEAD", name)
    // Whoever may not list the bucket is told this of every object that is not there; a call that writes knows better.
    if answer.status == 403, !isLast { return nil }
    if answer.status == 404 {
      if isLast { try await check() }
      return nil
    }
    let length = try good(answer).headers["Content-Length"].flatMap { Int($0) }
    guard let length else {
      throw S3Failure.odd(bucket: bucket.name, status: answer.status, code: "no length")
    }
    return length
  }

  /// Whether the bucket is there for us.
  private func check() async throws {
    let answer = try await send("GET", nil, query: "list-type=2&max-keys=0")
    // Who may not list may well read and write.
    if answer.status != 403 { _ = try good(answer) }
  }

  func read(_ name: String, _ range: Range<Int>) async throws -> [UInt8] {
    if range.isEmpty { return [] }
    let answer = try await send(
      "GET", name, headers: ["Range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)"])
    if answer.status == 404 { throw S3Failure.gone(name: name) }
    let bytes = try good(answer).body
    guard answer.status == 206 || bytes.count == range.count else {
      throw S3Failure.odd(bucket: bucket.name, status: answer.status, code: "the whole instead of a part")
    }
    return bytes
  }

  func put(_ name: String, _ bytes: [UInt8], type: String) async throws {
    _ = try good(await send("PUT", name, headers: ["Content-Type": type], body: bytes))
  }

  /// Removes an object; one that is not there is none the less removed.
  func delete(_ name: String) async throws {
    let answer = try await send("DELETE", name)
    if answer.status == 404, S3Text.values("Code", in: answer.text).first != "NoSuchBucket" { return }
    _ = try good(answer)
  }

  // MARK: In parts

  /// - Returns: what the upload is called.
  func begin(_ name: String, type: String) async throws -> String {
    let answer = try good(
      await send("POST", name, query: "uploads=", headers: ["Content-Type": type], isRepeatable: true))
    guard let id = S3Text.values("UploadId", in: answer.text).first, !id.isEmpty else {
      throw S3Failure.odd(bucket: bucket.name, status: answer.status, code: "no UploadId")
    }
    return id
  }

  /// - Returns: the tag by which the part is named at the end.
  func part(_ name: String, of upload: String, number: Int, _ bytes: [UInt8]) async throws -> String {
    let answer = try good(
      await send("PUT", name, query: "partNumber=\(number)&uploadId=\(encoded(upload))", body: bytes))
    guard let tag = answer.headers["ETag"] else {
      throw S3Failure.odd(bucket: bucket.name, status: answer.status, code: "no ETag")
    }
    return tag
  }

  func complete(_ name: String, _ upload: String, tags: [String]) async throws {
    let parts = tags.enumerated().map {
      "<Part><PartNumber>\($0 + 1)</PartNumber><ETag>\(S3Text.escaped($1))</ETag></Part>"
    }
    let body = "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"
    let answer = try good(
      await send(
        "POST", name, query: "uploadId=\(encoded(upload))", headers: ["Content-Type": "application/xml"],
        body: Array(body.utf8), isRepeatable: false))
    // The status is sent before the parts are put together, so a failure may stand in the body of a 200.
    guard !answer.text.contains("<Error>") else {
      let code = S3Text.values("Code", in: answer.text).first ?? "no code"
      throw S3Failure.busy(bucket: bucket.name, status: answer.status, code: code)
    }
  }

  func abort(_ name: String, _ upload: String) async throws {
    let answer = try await send("DELETE", name, query: "uploadId=\(encoded(upload))")
    if answer.status != 404 { _ = try good(answer) }
  }

  /// Uploads that were begun and neither completed nor aborted, a thousand at most.
  func unfinished() async throws -> [(name: String, upload: String, begun: Instant)] {
    let prefix = encoded(bucket.prefix)
    let answer = try good(await send("GET", nil, query: "prefix=\(prefix)&uploads="))
    return S3Text.elements("Upload", in: answer.text).compactMap { element in
      guard let key = S3Text.values("Key", in: element).first, key.hasPrefix(bucket.prefix),
        let upload = S3Text.values("UploadId", in: element).first,
        let begun = S3Text.values("Initiated", in: element).first.flatMap({ Instant($0) })
      else { return nil }
      return (String(key.dropFirst(bucket.prefix.count)), upload, begun)
    }
  }

  // MARK: Sending

  private func send(
    _ method: String, _ name: String?, query: String = "", headers: HeaderFields = [:], body: [UInt8]? = nil,
    isRepeatable: Bool = true
  ) async throws -> HTTPAnswer {
    let account = try account()
    let url = bucket.address(of: name) + (name == nil ? "/" : "") + (query.isEmpty ? "" : "?\(query)")
    let call = OutboundCall(
      method, url, headers: headers, body: body.map { .bytes($0) } ?? .none, policy: bucket.policy,
      limits: TimeLimits(connect: .seconds(10), firstByte: .seconds(60), total: .seconds(300)),
      maximumBodySize: 64 << 20, isIdempotent: isRepeatable, signing: account.signature(for: "s3"))
    var done = 0
    while true {
      done += 1
      let mayRepeat = isRepeatable && done < S3Calls.tries && !Task.isCancelled
      do throws(TransportError) {
        let answer = try await transport.answer(call)
        guard mayRepeat, S3Failure(answer, bucket: bucket.name).passes, answer.status >= 429 else {
          return answer
        }
      } catch {
        guard mayRepeat, error.reason != .cancelled, error.reason != .closed else {
          throw S3Failure.unreachable(bucket: bucket.name, detail: error.detail)
        }
      }
      try await pause(done)
    }
  }

  private func good(_ answer: HTTPAnswer) throws(S3Failure) -> HTTPAnswer {
    guard (200..<300).contains(answer.status) else { throw S3Failure(answer, bucket: bucket.name) }
    return answer
  }

  private func encoded(_ text: String) -> String { Template.encoded(text, keepingSlashes: false) }
}
