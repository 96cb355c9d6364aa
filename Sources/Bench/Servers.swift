import Foundation
import Wire

/// Where a run of the bench has its files, and what it runs with.
struct Setting {
  /// Removed at the end.
  let folder: URL
  /// The `pointsman` executable.
  let server: String
  /// The folder of the static embedding's table.
  let embeddingTable: String
  /// How long one load lasts.
  let seconds: Int
  /// Rows of the large databases.
  let rows: Int

  static let rounds = 3

  /// The same with another executable.
  func with(server: String) -> Setting {
    Setting(
      folder: folder, server: server, embeddingTable: embeddingTable, seconds: seconds, rows: rows)
  }
}

/// A router in operation, on a port and a database of its own.
final class RouterProcess {
  let port: Int
  let process: ChildProcess
  /// From the start of the process to the first `/readyz` that says so, in nanoseconds.
  let start: Double
  /// What it embeds texts with.
  let embedding: String

  /// Starts `pointsman serve` and waits until it is ready.
  ///
  /// Epochs are long, so that none closes by itself in the middle of a measurement.
  init(_ setting: Setting, database: URL, catalogue: URL) throws {
    port = try LoopbackConnection.freePort()
    let begin = Measurement.now()
    process = try ChildProcess(
      setting.server,
      [
        "serve", "--port", "\(port)", "--database", database.path, "--catalogue", catalogue.path, "--epoch",
        "7d",
        "--embedding-table", setting.embeddingTable, "--log-level", "error",
      ], in: setting.folder)
    var answer: JSONValue?
    while answer == nil, process.isRunning, Measurement.now() - begin < 120_000_000_000 {
      answer = try? LoopbackConnection(port: port).json("GET", "/readyz")
      if answer == nil { usleep(1_000) }
    }
    start = Double(Measurement.now() - begin)
    guard let answer else {
      process.stop()
      throw BenchFailure("pointsman did not start: \(process.complaint)")
    }
    embedding = answer["embedding"]?.stringValue ?? ""
  }

  func connect() throws -> LoopbackConnection { try LoopbackConnection(port: port) }

  func stop() { process.stop() }

  /// Returns when the decisions of a load before are in the ledger, not only answered: at full load some tens of
  /// thousands may be on their way, and would be paid for by who is measured next.
  func settle(_ text: String) throws {
    // An explanation is read from the ledger, after what was posted before it.
    let ids = try decide([text])
    let connection = try LoopbackConnection(port: port, patience: 30)
    _ = try connection.json("GET", "/v1/decisions/\(ids[0])/explanation")
  }

  /// Has decisions made, through the batch route.
  ///
  /// - Returns: their ids.
  func decide(_ texts: [String]) throws -> [String] {
    let connection = try connect()
    var ids: [String] = []
    for start in stride(from: 0, to: texts.count, by: 1_000) {
      let part = Array(texts[start..<min(start + 1_000, texts.count)])
      let answer = try connection.json("POST", "/v1/decisions:batch", Body.decisions(part))
      ids += (answer["decisions"]?.arrayValue ?? []).compactMap { $0["decision_id"]?.stringValue }
    }
    guard ids.count == texts.count else {
      throw BenchFailure("\(texts.count - ids.count) intents got no decision")
    }
    return ids
  }
}

/// nginx with one worker and one answer of 300 bytes: what the machine can do at the moment.
final class StaticServer {
  let port: Int
  let process: ChildProcess

  /// Nil when nginx is not installed.
  init?(folder: URL) throws {
    guard let program = ChildProcess.find("nginx") else { return nil }
    port = try LoopbackConnection.freePort()
    let prefix = folder.appending(path: "nginx")
    try FileManager.default.createDirectory(at: prefix, withIntermediateDirectories: true)
    let configuration = """
      daemon off;
      master_process off;
      worker_processes 1;
      pid nginx.pid;
      error_log error.log crit;
      events { worker_connections 1024; }
      http {
        access_log off;
        keepalive_requests 1000000000;
        client_body_temp_path body;
        proxy_temp_path proxy;
        fastcgi_temp_path fastcgi;
        uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        default_type application/json;
        server {
          listen 127.0.0.1:\(port);
          location / { return 200 '"\(String(repeating: "x", count: 298))"'; }
        }
      }
      """
    try configuration.write(
      to: prefix.appending(path: "nginx.conf"), atomically: false, encoding: .utf8)
    process = try ChildProcess(
      program, ["-p", prefix.path, "-c", "nginx.conf", "-e", "error.log"], in: folder)
    var attempts = 0
    while (try? LoopbackConnection(port: port)) == nil {
      attempts += 1
      guard attempts < 2_000, process.isRunning else {
        process.stop()
        throw BenchFailure("nginx did not start: \(process.complaint)")
      }
      usleep(1_000)
    }
  }

  func stop() { process.stop() }
}
