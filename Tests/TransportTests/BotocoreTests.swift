import Foundation
import Testing

@testable import Transport

/// botocore as an oracle, from `.cache/street-venv`.
enum Botocore {
  struct Call: Encodable, Sendable {
    var method = "GET"
    var url: String
    var headers: [String: String] = [:]
    var body = ""
    var service = "bedrock"
    var region = "us-east-1"
    var date = "20261120T100000Z"
    var access_key = "AKIDEXAMPLE"
    var secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    var session_token: String?

    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(method, forKey: .method)
      try values.encode(url, forKey: .url)
      try values.encode(headers, forKey: .headers)
      try values.encode(body, forKey: .body)
      try values.encode(service, forKey: .service)
      try values.encode(region, forKey: .region)
      try values.encode(date, forKey: .date)
      try values.encode(access_key, forKey: .access_key)
      try values.encode(secret_key, forKey: .secret_key)
      // As null where there is none.
      try values.encode(session_token, forKey: .session_token)
    }

    private enum CodingKeys: CodingKey {
      case method, url, headers, body, service, region, date, access_key, secret_key, session_token
    }

    /// What the transport signs.
    func authorization() throws -> String? {
      let signer = SignatureV4(
        accessKey: access_key, secretKey: secret_key, sessionToken: session_token, region: region,
        service: service)
      let fields = headers.sorted { $0.key < $1.key }.map { HeaderFields.Field($0.key, $0.value) }
      return signer.signed(
        method, try WebAddress(url), HeaderFields(fields), body: Array(body.utf8), date: date)[
          "Authorization"]
    }
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let scripts = root.appending(path: "Tests/VendorStreetTests/Scripts")
  private static let packages = root.appending(path: ".cache/street-venv")

  static var isReady: Bool {
    guard let wanted = try? Data(contentsOf: scripts.appending(path: "requirements.txt")) else {
      return false
    }
    return wanted == (try? Data(contentsOf: packages.appending(path: "requirements.txt")))
  }

  /// botocore's `Authorization` for each call.
  static func signed(_ calls: [Call]) throws -> [String] { try run("sigv4.py", on: calls) }

  struct Presigning: Encodable, Sendable {
    var method = "GET"
    var endpoint = "https://s3.us-east-1.amazonaws.com"
    var bucket = "films"
    var key: String
    var lifetime = 3_600
    var region = "us-east-1"
    var date = "20261120T100000Z"
    var access_key = "AKIDEXAMPLE"
    var secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    var session_token: String?

    func encode(to encoder: any Encoder) throws {
      var values = encoder.singleValueContainer()
      try values.encode(
        [
          "method": method, "endpoint": endpoint, "bucket": bucket, "key": key, "region": region,
          "date": date,
          "access_key": access_key, "secret_key": secret_key,
        ].mapValues { Field.text($0) }.merging([
          "lifetime": .number(lifetime), "session_token": session_token.map { .text($0) } ?? .null,
        ]) { $1 })
    }

    private enum Field: Encodable {
      case text(String)
      case number(Int)
      case null

      func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .text(let text): try value.encode(text)
        case .number(let number): try value.encode(number)
        case .null: try value.encodeNil()
        }
      }
    }

    /// What the transport makes of it.
    func address() throws -> String {
      let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
      let path = key.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
      return try SignatureV4(
        accessKey: access_key, secretKey: secret_key, sessionToken: session_token, region: region,
        service: "s3"
      ).presigned(method, "\(endpoint)/\(bucket)/\(path)", lifetime: lifetime, date: date)
    }
  }

  /// botocore's `generate_presigned_url` for each.
  static func presigned(_ calls: [Presigning]) throws -> [String] { try run("presigned.py", on: calls) }

  private static func run(_ script: String, on calls: some Encodable) throws -> [String] {
    let process = Process()
    process.executableURL = packages.appending(path: "bin/python")
    process.arguments = [scripts.appending(path: script).path]
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    let file = FileManager.default.temporaryDirectory.appending(path: "sigv4-\(UUID()).json")
    try JSONEncoder().encode(calls).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardInput = try FileHandle(forReadingFrom: file)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode([String].self, from: data)
  }
}

/// The signatures held against those of botocore, AWS's own package, as `Tests/VendorStreetTests/Scripts/packages.sh`
/// installs it. `CURLOPT_AWS_SIGV4` of libcurl 7.88 would fail here: it signs the path without encoding it once more.
@Suite(
  "AWS signatures beside botocore's",
  .enabled(
    if: Botocore.isReady,
    "run Tests/VendorStreetTests/Scripts/packages.sh, which installs botocore or says what is missing"))
struct BotocoreTests {
  @Test("What Bedrock and S3 are asked is signed as botocore signs it")
  func calls() throws {
    let runtime = "https://bedrock-runtime.us-east-1.amazonaws.com"
    let json = ["Content-Type": "application/json", "Accept": "application/json"]
    let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012"
    var calls: [Botocore.Call] = [
      // The colon of a model's name is encoded on the wire, and its percent sign once more for the signature.
      .init(
        method: "POST", url: runtime + "/model/amazon.nova-lite-v1%3A0/converse", headers: json,
        body: #"{"messages":[{"role":"user","content":[{"text":"Grüße aus 東京"}]}]}"#),
      .init(
        method: "POST",
        url: runtime + "/model/\(arn)%3Ainference-profile%2Feu.amazon.nova-lite-v1%3A0/invoke",
        headers: json, body: "{}"),
      .init(method: "GET", url: runtime + "/async-invoke/\(arn)%3Aasync-invoke%2Fabcdefghijkl"),
      .init(
        method: "POST", url: runtime + "/async-invoke", headers: json, body: #"{"modelId":"luma.ray-v2:0"}"#),
      .init(
        url: runtime
          + "/async-invoke?statusEquals=InProgress&maxResults=10&sortBy=SubmissionTime&nextToken=a%2Fb%3D%3D"
      ),
      .init(
        url: "https://bedrock.eu-west-1.amazonaws.com/foundation-models?byProvider=stability%20ai",
        region: "eu-west-1"),
      // S3 takes the path as it is sent.
      .init(
        url: "https://s3.us-east-1.amazonaws.com/bucket/a%20folder/%C3%A9%2B%3D%26/output.mp4", service: "s3"),
      .init(url: "http://127.0.0.1:9100/bedrock/s3/bucket/output.mp4", service: "s3"),
    ]
    for index in calls.indices {
      var call = calls[index]
      call.session_token = "FwoGZXIvYXdzE/session+token=="
      calls.append(call)
    }
    let expected = try Botocore.signed(calls)
    #expect(expected.count == calls.count && Set(expected).count == calls.count)
    for (call, header) in zip(calls, expected) { #expect(try call.authorization() == header, "\(call.url)") }
  }

  @Test("Two hundred paths, queries and bodies of any characters, by a fixed seed")
  func sweep() throws {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let alphabet = Array("abcXYZ019-._~:/?#[]@!$&'()*+,;=% \"<>\\^`{|}é東🦊")
    func word() -> String { String((0...next(8)).map { _ in alphabet[next(alphabet.count)] }) }
    // Everything that is not unreserved is encoded once, as our own calls are made.
    let unreserved = CharacterSet(
      charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    func encoded(_ text: String) -> String {
      text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
    let calls = (0..<200).map { number -> Botocore.Call in
      // A letter before each part: a part of dots alone is taken out of any URL.
      let path = (0...next(3)).map { _ in "p" + encoded(word()) }.joined(separator: "/")
      let query = (0..<next(4)).map { "k\($0)" + encoded(word()) + "=" + encoded(word()) }
      let ending = query.isEmpty ? "" : "?" + query.joined(separator: "&")
      return Botocore.Call(
        method: number % 2 == 0 ? "GET" : "POST", url: "https://host.example.com/\(path)\(ending)",
        headers: number % 3 == 0 ? ["X-Custom": "a  b   \(number)"] : [:],
        body: number % 2 == 0 ? "" : word(), service: number % 5 == 0 ? "s3" : "bedrock")
    }
    let expected = try Botocore.signed(calls)
    #expect(expected.count == 200)
    for (call, header) in zip(calls, expected) { #expect(try call.authorization() == header, "\(call.url)") }
  }

  @Test("An address that holds for a while is the one that generate_presigned_url gives")
  func presigned() throws {
    var calls: [Botocore.Presigning] = [
      .init(key: "output.mp4"), .init(method: "HEAD", key: "a/b/output.mp4", lifetime: 604_800),
      .init(key: "made by us/é+=&%/东.png", lifetime: 1), .init(key: "x", date: "20300101T235959Z"),
      .init(endpoint: "http://127.0.0.1:9000", key: "a/x.png"),
      .init(
        endpoint: "https://s3.eu-west-1.amazonaws.com", bucket: "films.example.com", key: "x",
        region: "eu-west-1"),
    ]
    for index in calls.indices {
      var call = calls[index]
      call.session_token = "FwoGZXIvYXdzE/session+token=="
      calls.append(call)
    }
    let expected = try Botocore.presigned(calls)
    #expect(expected.count == calls.count)
    func parts(_ url: String) -> [String] {
      let halves = url.split(separator: "?", maxSplits: 1).map(String.init)
      return [halves[0]] + halves[1].split(separator: "&").map(String.init).sorted()
    }
    for (call, url) in zip(calls, expected) {
      #expect(try parts(call.address()) == parts(url), "\(call.key)")
    }
  }
}
