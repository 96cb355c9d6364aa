import Testing
import Transport

@Suite("The outbound guard")
struct GuardTests {
  /// A name service of the test's own.
  private func transport(_ names: [String: [String]]) throws -> HTTPTransport {
    try HTTPTransport(
      TransportSettings(
        lookup: NameLookup { (name) throws(LookupFailure) in
          guard let addresses = names[name] else { throw LookupFailure("unknown name") }
          return addresses.compactMap { IPAddress($0) }
        }))
  }

  private func error(_ http: HTTPTransport, _ call: OutboundCall) async -> TransportError? {
    await failure { () async throws(TransportError) in try await http.answer(call) }
  }

  @Test(
    "An address that is not public is refused, however it is written",
    arguments: [
      "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
      "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1.:80/", "http://%31%32%37.0.0.1/",
      "http://0.0.0.0/", "http://0/", "http://10.1.2.3/", "http://172.16.0.1/", "http://172.31.255.255/",
      "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/",
      "http://100.127.255.255/", "http://192.0.2.1/", "http://198.18.0.1/", "http://198.51.100.7/",
      "http://203.0.113.9/", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/",
      "http://[::]/", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
      "http://[::ffff:7f00:1]/", "http://[::ffff:8.8.8.8]/", "http://[::127.0.0.1]/",
      "http://[64:ff9b::7f00:1]/",
      "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/",
      "http://[fc00::1]/", "http://[fd12:3456::1]/", "http://[ff02::1]/", "http://[2001:db8::1]/",
      "http://[3fff::1]/", "http://[100::1]/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    ])
  func literals(url: String) async throws {
    let http = try transport([:])
    let call = OutboundCall("GET", url, policy: OutboundPolicy(hosts: nil, schemes: [.http], ports: [80]))
    let error = await error(http, call)
    let reasons: [TransportError.Reason] = [.forbiddenAddress, .invalidURL]
    #expect(error.map { reasons.contains($0.reason) } == true, "\(String(describing: error))")
    #expect(error?.phase == .preparing)
  }

  @Test(
    "A URL that is meant to be misread is refused",
    arguments: [
      "https://api.example.com@evil.example/", "https://user:secret@api.example.com/",
      "https://api.example.com./",
      "api.example.com/path", "//api.example.com/", "ftp://api.example.com/", "file:///etc/passwd",
      "gopher://api.example.com/", "https://", "https://api.example.com:0/",
      "https://api.example.com:65536/", "https://api.example.com:x/", "https://api exam.ple/",
      "https://api.example.com\r\nHost: evil/", "https://evil.example\\@api.example.com/", "",
      "https://api.example.com\u{0}.evil.example/",
    ])
  func traps(url: String) async throws {
    let http = try transport(["api.example.com": ["127.0.0.1"], "evil.example": ["127.0.0.1"]])
    let error = await error(http, OutboundCall("GET", url, policy: .publicHTTPS))
    #expect(error?.reason == .invalidURL, "\(String(describing: error))")
    #expect(error?.mayHaveBeenSent == false)
  }

  @Test(
    "Only the hosts, schemes and ports of the policy are called",
    arguments: [
      ("https://api.example.com/", true), ("https://API.Example.COM/", true),
      ("https://cdn.vendor.example/", true),
      ("https://a.b.vendor.example/", true), ("https://bücher.example/", true),
      ("https://xn--bcher-kva.example/", true), ("https://vendor.example/", false),
      ("https://evilvendor.example/", false), ("https://api.example.com.evil.example/", false),
      ("https://other.example.com/", false), ("http://api.example.com/", false),
      ("https://api.example.com:8443/", false), ("https://[2606:4700::1111]/", true),
      ("https://1.1.1.1/", false),
    ])
  func policy(url: String, isAllowed: Bool) async throws {
    // Every name exists, and is refused later, at its address; so nothing leaves this machine.
    let http = try HTTPTransport(
      TransportSettings(lookup: NameLookup { (_) throws(LookupFailure) in throw LookupFailure("asked") }))
    let policy = OutboundPolicy(
      hosts: ["api.example.com", "*.vendor.example", "xn--bcher-kva.example", "2606:4700:0::1111"])
    var call = OutboundCall("GET", url, policy: policy)
    call.limits = TimeLimits(connect: .milliseconds(1))
    let error = await error(http, call)
    let isRefused = error?.reason == .forbiddenHost
    #expect(isRefused == !isAllowed, "\(String(describing: error))")
  }

  @Test(
    "A name is judged by the address that it has when the socket is opened",
    arguments: ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
  func resolved(address: String) async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer() } }
    defer { server.stop() }
    let http = try transport(["inside.example": [address]])
    let policy = OutboundPolicy(hosts: ["inside.example"], schemes: [.http], ports: [server.port])
    let error = await error(
      http, OutboundCall("POST", "http://inside.example:\(server.port)/", policy: policy, limits: .patient))
    #expect(error?.reason == .forbiddenAddress)
    #expect(error?.phase == .connecting)
    #expect(error?.mayHaveBeenSent == false)
    #expect(error?.detail.contains(address) == true)
    #expect(server.accepted == 0)
  }

  @Test("A name that resolves to something else the second time gains nothing")
  func rebinding() async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer("inside") } }
    defer { server.stop() }
    let asked = Counter()
    // Looked up anew each time: first the loopback address that this policy allows, then one that it does
    // not.
    let http = try HTTPTransport(
      TransportSettings(
        lookup: NameLookup { (_) throws(LookupFailure) in
          asked.add(1)
          return [IPAddress(asked.value == 1 ? "127.0.0.1" : "127.0.0.2")!]
        }, lookupLifetime: .zero))
    let policy = OutboundPolicy(
      hosts: nil, schemes: [.http], ports: [server.port], allowedRanges: [AddressRange("127.0.0.1")!])
    var call = OutboundCall("GET", "http://name.example:\(server.port)/", policy: policy, limits: .patient)
    #expect(try await http.answer(call).text == "inside")
    // The kept connection still leads to the allowed address; a new connection would not.
    #expect(try await http.answer(call).metrics.isConnectionReused)
    call.url = "http://other.example:\(server.port)/"
    #expect(await error(http, call)?.reason == .forbiddenAddress)
    #expect(asked.value == 3)
    #expect(server.accepted == 1)
  }

  @Test("A connection kept from a call that was allowed there does not carry one that is not")
  func keptConnection() async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer("inside") } }
    defer { server.stop() }
    let http = try transport(["name.example": ["127.0.0.1"]])
    var call = OutboundCall(
      "GET", "http://name.example:\(server.port)/", policy: .loopback(server.port), limits: .patient)
    #expect(try await http.answer(call).text == "inside")
    call.policy.allowedRanges = []
    let error = await error(http, call)
    #expect(error?.reason == .forbiddenAddress)
    #expect(error?.mayHaveBeenSent == false)
    #expect(server.received.count == 1)
  }

  @Test("Of several addresses only the allowed ones are tried")
  func several() async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer("inside") } }
    defer { server.stop() }
    let http = try transport(["name.example": ["10.255.255.1", "::1", "127.0.0.1"]])
    let call = OutboundCall(
      "GET", "http://name.example:\(server.port)/", policy: .loopback(server.port), limits: .patient)
    let answer = try await http.answer(call)
    #expect(answer.text == "inside")
    #expect(answer.metrics.remoteAddress == IPAddress("127.0.0.1"))
  }

  @Test("Calls that start together look a name up once")
  func oneLookup() async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer() } }
    defer { server.stop() }
    let asked = Counter()
    let http = try HTTPTransport(
      TransportSettings(
        lookup: NameLookup { (_) throws(LookupFailure) in
          asked.add(1)
          sleepBlocking(milliseconds: 50)
          return [IPAddress("127.0.0.1")!]
        }))
    let call = OutboundCall(
      "GET", "http://name.example:\(server.port)/", policy: .loopback(server.port), limits: .patient)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { try await http.answer(call).status } }
      for try await status in group { #expect(status == 200) }
    }
    #expect(asked.value == 1)
  }

  @Test("A proxy is called in the target's place, and the target is still held against the policy")
  func proxy() async throws {
    let server = try LoopbackServer { peer in while peer.request() != nil { peer.answer("by proxy") } }
    defer { server.stop() }
    let http = try transport([:])
    var call = OutboundCall(
      "GET", "http://vendor.example/x",
      policy: OutboundPolicy(hosts: ["vendor.example"], schemes: [.http], ports: [80]))
    call.proxy = ProxySettings(url: "http://127.0.0.1:\(server.port)", user: "me", password: "secret")
    #expect(try await http.answer(call).text == "by proxy")
    #expect(server.received.first?.line == "GET http://vendor.example/x HTTP/1.1")
    #expect(server.received.first?.header("Host") == "vendor.example")
    // Base64 of "me:secret".
    #expect(server.received.first?.header("Proxy-Authorization") == "Basic bWU6c2VjcmV0")
    call.url = "http://169.254.169.254/"
    #expect(await error(http, call)?.reason == .forbiddenHost)
    call.proxy = ProxySettings(url: "socks4://127.0.0.1:1")
    call.url = "http://vendor.example/x"
    #expect(await error(http, call)?.reason == .invalidSettings)
    #expect(server.received.count == 1)
  }

  @Test("Ranges are what their prefix says")
  func ranges() throws {
    let range = try #require(AddressRange("10.32.0.0/11"))
    #expect(range.contains(try #require(IPAddress("10.63.255.255"))))
    #expect(!range.contains(try #require(IPAddress("10.64.0.0"))))
    #expect(!range.contains(try #require(IPAddress("::ffff:10.32.0.1"))))
    #expect(AddressRange("0.0.0.0/0")?.contains(try #require(IPAddress("203.0.113.1"))) == true)
    #expect(
      ["10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8/8", "x", "::/129", "10.0.0.0/-1"].allSatisfy {
        AddressRange($0) == nil
      })
    #expect(["127.1", "0x7f.0.0.1", "01.2.3.4", "1.2.3", "::1%eth0", ""].allSatisfy { IPAddress($0) == nil })
    #expect(OutboundPolicy.publicHTTPS.allows(try #require(IPAddress("8.8.8.8"))))
    #expect(OutboundPolicy.publicHTTPS.allows(try #require(IPAddress("2606:4700::1111"))))
  }
}
