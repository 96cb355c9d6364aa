import Testing

@testable import Transport

/// The examples of AWS's documentation and of its published signature test suite.
@Suite("AWS signatures")
struct SignatureTests {
  private let signer = SignatureV4(
    accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1",
    service: "service")
  private let date = "20150830T123600Z"

  private func signature(
    _ signer: SignatureV4, _ method: String, _ url: String, _ headers: HeaderFields = [:], body: String = ""
  ) throws -> String {
    let signed = signer.signed(method, try WebAddress(url), headers, body: Array(body.utf8), date: date)
    return signed["Authorization"] ?? ""
  }

  @Test("The suite's get-vanilla, and its query whose keys must be sorted")
  func vanilla() throws {
    let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
    #expect(
      try signature(signer, "GET", "https://example.amazonaws.com/") == start
        + "SignedHeaders=host;x-amz-date, "
        + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    // get-vanilla-query-order-key-case
    #expect(
      try signature(signer, "GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1").hasSuffix(
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"))
    // post-vanilla
    #expect(
      try signature(signer, "POST", "https://example.amazonaws.com/").hasSuffix(
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"))
  }

  @Test("The documentation's ListUsers")
  func listUsers() throws {
    var signer = signer
    signer.service = "iam"
    let headers: HeaderFields = ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"]
    #expect(
      try signature(
        signer, "GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", headers
      ).hasSuffix(
        "SignedHeaders=content-type;host;x-amz-date, "
          + "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"))
  }

  /// Computed with botocore's `SigV4Auth` (for S3 `S3SigV4Auth`) and the same keys and date.
  @Test("Paths that are encoded already, queries, a session token and S3 agree with botocore")
  func botocore() throws {
    var bedrock = signer
    bedrock.service = "bedrock"
    let host = "https://bedrock-runtime.us-east-1.amazonaws.com"
    #expect(
      try signature(
        bedrock, "GET",
        host + "/async-invoke/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aasync-invoke%2Fabcdefghijkl"
      ).hasSuffix("ba1809b1382973f4b85ea7d4468243bde67c9100f38c77acd9dcaeb06590901a"))
    bedrock.sessionToken = "session/token=="
    #expect(
      try signature(
        bedrock, "POST", host + "/model/anthropic.claude-v2%3A1/invoke", ["Content-Type": "application/json"],
        body: #"{"a":1}"#
      ).hasSuffix(
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
          + "Signature=c1c378cfac1832c9d24645ad8427be1b5a7dd06b71807343fb50a5aa6182dd7b"))
    #expect(
      try signature(signer, "GET", "https://example.amazonaws.com/a?b=%20x&a=2&a=1&c=").hasSuffix(
        "f48039334ed601b3e4817628d86656936d5ef5446226a810beeb2eb496ab39d3"))
    var storage = signer
    storage.service = "s3"
    #expect(
      try signature(storage, "GET", "https://bucket.s3.us-east-1.amazonaws.com/a%20folder/output.mp4")
        .hasSuffix(
          "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            + "Signature=f37ae729bbe602c167ff9cb2e01d35d7d1acdc2ed0275d9b0f3a7d1acce479b8"))
  }

  @Test("A signed call carries its signature over the wire, with the session's token and the date of today")
  func overHTTP() async throws {
    let http = try HTTPTransport()
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer() } }
    defer { server.stop() }
    var call = server.call("POST", "/model/a%3A0/invoke")
    call.body = .text("{}")
    call.signing = signer
    call.signing?.sessionToken = "token"
    _ = try await http.answer(call)
    let received = try #require(server.received.first)
    let date = try #require(received.header("X-Amz-Date"))
    #expect(date.wholeMatch(of: /\d{8}T\d{6}Z/) != nil)
    #expect(received.header("X-Amz-Security-Token") == "token")
    #expect(received.header("Host") == "127.0.0.1:\(server.port)")
    let expected = signer(sessionToken: "token").signed(
      "POST", try WebAddress(call.url), [:], body: Array("{}".utf8), date: date)
    #expect(received.header("Authorization") == expected["Authorization"])
    #expect(expected["Authorization"]?.contains("SignedHeaders=host;x-amz-date;x-amz-security-token") == true)
  }

  private func signer(sessionToken: String) -> SignatureV4 {
    var signer = signer
    signer.sessionToken = sessionToken
    return signer
  }
}
