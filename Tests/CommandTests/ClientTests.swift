import Testing
import Wire

@testable import pointsman

@Suite struct ClientTests {
  @Test("an address is a scheme and a host, and a slash at its end does not count")
  func addresses() {
    #expect(Client("http://127.0.0.1:8080/")?.base == "http://127.0.0.1:8080")
    #expect(Client("https://router.example/east/")?.base == "https://router.example/east")
    for wrong in ["", "127.0.0.1:8080", "ftp://x", "http://", "http://x?y=1", "localhost"] {
      #expect(Client(wrong) == nil, "\(wrong)")
    }
  }

  @Test("path segments are escaped")
  func paths() {
    #expect(Client.path("v1", "feedback", "rater 7/é") == "/v1/feedback/rater%207%2F%C3%A9")
    #expect(Client.escaped("text_generation/01") == "text_generation%2F01")
  }

  @Test("a problem becomes one line that says what happened and where")
  func problems() throws {
    let problem = try #require(
      Problem(
        [
          "type": "urn:pointsman:invalid-request", "title": "The request is not valid", "status": 400,
          "detail": "2 fields are wrong",
          "errors": [
            ["pointer": "/intent", "detail": "must be a string"],
            ["pointer": "/capability", "detail": "is required"],
          ],
        ]))
    #expect(problem.status == 400)
    #expect(problem.slug == "invalid-request")
    #expect("\(problem)" == "2 fields are wrong (/intent: must be a string; /capability: is required)")
    // What the detail says already is not said again.
    let single = try #require(
      Problem([
        "type": "urn:pointsman:invalid-request", "detail": "/intent: is required",
        "errors": [["pointer": "/intent", "detail": "is required"]],
      ]))
    #expect("\(single)" == "/intent: is required")
    #expect(Problem(["status": 404]) == nil)
  }

  @Test("what may pass by itself is told from what will not")
  func passing() throws {
    let full = try #require(
      Problem(["type": "urn:pointsman:unavailable", "status": 503, "detail": "x"], retryAfter: 2))
    #expect(ClientError.problem(full).isPassing)
    #expect(ClientError.problem(full).retryAfter == 2)
    let wrong = try #require(
      Problem(["type": "urn:pointsman:invalid-request", "status": 400, "detail": "x"]))
    #expect(!ClientError.problem(wrong).isPassing)
    #expect(ClientError.unreachable("http://x").isPassing)
    #expect(!ClientError.foreign("http://x", status: 404).isPassing)
  }

  @Test("nobody at the address: one line that says how to start a router")
  func unreachable() async throws {
    // Port 1 (tcpmux) of the loopback address: nothing listens there.
    let client = try #require(Client("http://127.0.0.1:1"))
    await #expect(throws: ClientError.unreachable("http://127.0.0.1:1")) {
      try await client.get("/v1/epochs")
    }
    let ending = Ending(ClientError.unreachable("http://127.0.0.1:1"))
    #expect(
      ending.complaint
        == "pointsman: no router answers at http://127.0.0.1:1; start one with `pointsman serve`")
    #expect(ending.code == 1)
  }
}
