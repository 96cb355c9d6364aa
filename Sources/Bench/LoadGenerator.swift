import Foundation

/// `wrk`, with a script: as many requests as the connections can carry, for some seconds.
struct LoadGenerator {
  let program: String
  let folder: URL

  struct Result {
    /// Answers a second.
    var rate: Double
    var answers: Int
    /// Of the answers' times, in nanoseconds.
    var median: Double
    var p99: Double
  }

  /// Nil when wrk is not installed.
  init?(folder: URL) {
    guard let program = ChildProcess.find("wrk") else { return nil }
    self.program = program
    self.folder = folder
  }

  /// Loads a server from one thread.
  ///
  /// - Throws: when an answer was no success, or none came.
  func run(_ script: LoadScript, port: Int, connections: Int, seconds: Int) throws -> Result {
    let file = folder.appending(path: "load-\(UUID().uuidString).lua")
    try script.text.write(to: file, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let arguments = [
      "-t1", "-c\(connections)", "-d\(seconds)s", "--timeout", "30s", "-s", file.path,
      "http://127.0.0.1:\(port)/",
    ]
    let output = ChildProcess.output(of: program, arguments) ?? ""
    guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("RESULT ") }) else {
      throw BenchFailure("wrk failed: \(output)")
    }
    let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    guard numbers.count == 6, numbers[0] > 0 else { throw BenchFailure("wrk got no answers: \(output)") }
    guard numbers[4] == 0 else {
      throw BenchFailure("\(Int(numbers[4])) answers were no success (\(script.name))")
    }
    guard numbers[5] == 0 else {
      throw BenchFailure("\(Int(numbers[5])) requests got no answer (\(script.name))")
    }
    return Result(
      rate: numbers[0] / numbers[1] * 1e6, answers: Int(numbers[0]), median: numbers[2] * 1e3,
      p99: numbers[3] * 1e3)
  }
}

/// What wrk sends: a text in Lua. Requests are whole strings made beforehand, so that the generator takes little of the
/// processors that it shares with the server.
struct LoadScript {
  let name: String
  let text: String

  private static let done = """
    function done(summary, latency, requests)
      local e = summary.errors
      io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
    end

    """

  /// These requests, round and round.
  static func cycle(_ name: String, path: String, bodies: [String]) -> LoadScript {
    let requests = bodies.map {
      quoted(String(decoding: LoopbackConnection.request("POST", path, $0), as: UTF8.self))
    }
    return LoadScript(
      name: name,
      text: done + """
        local requests = {\(requests.joined(separator: ",\n"))}
        local n = 0
        function request()
          n = n + 1
          return requests[n % #requests + 1]
        end
        """)
  }

  /// These requests, round and round, each with its `000000000000` replaced by a number that none had before.
  ///
  /// - Parameter first: the first number, so that runs do not repeat each other.
  static func numbered(_ name: String, path: String, bodies: [String], first: Int) -> LoadScript {
    let halves = bodies.map { body in
      let request = String(decoding: LoopbackConnection.request("POST", path, body), as: UTF8.self)
      return request.components(separatedBy: placeholder).map { quoted($0) }
    }
    return LoadScript(
      name: name,
      text: done + """
        local heads = {\(halves.map { $0[0] }.joined(separator: ",\n"))}
        local tails = {\(halves.map { $0[1] }.joined(separator: ",\n"))}
        local n = \(first)
        function request()
          n = n + 1
          local k = n % #heads + 1
          return heads[k] .. string.format("%012d", n) .. tails[k]
        end
        """)
  }

  static let placeholder = "000000000000"

  /// Feedback about these decisions, `count` items a request, each with an id of its own.
  static func feedback(_ name: String, about decisions: [String], count: Int, first: Int) -> LoadScript {
    LoadScript(
      name: name,
      text: done + """
        local decisions = {\(decisions.map { quoted($0) }.joined(separator: ",\n"))}
        local n = \(first)
        local headers = {["content-type"] = "application/json"}
        local function item()
          n = n + 1
          return '{"id":"bench-' .. n .. '","decision_id":"' .. decisions[n % #decisions + 1]
            .. '","signal":"score","value":' .. (n % 5) / 4 .. '}'
        end
        function request()
          local body
          if \(count) == 1 then
            body = item()
          else
            local items = {}
            for i = 1, \(count) do items[i] = item() end
            body = '{"feedback":[' .. table.concat(items, ",") .. ']}'
          end
          return wrk.format("POST", "/v1/feedback", headers, body)
        end
        """)
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
      of: "\"", with: "\\\""
    )
    .replacingOccurrences(of: "\r", with: "\\r").replacingOccurrences(of: "\n", with: "\\n")
    return "\"\(escaped)\""
  }
}
