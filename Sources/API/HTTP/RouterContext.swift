public import Hummingbird
import NIOCore
import Routing

/// What goes with a request to its route.
public struct RouterContext: RequestContext {
  public var coreContext: CoreRequestContextStorage
  /// The other end of the connection; nil without a socket.
  let peer: SocketAddress?

  public init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    peer = source.channel.remoteAddress
  }

  /// The path's `id`.
  ///
  /// - Parameter what: such as `job`.
  /// - Throws: 404 for what is no id.
  func identifier(of what: String) throws -> Identifier {
    let text = pathParameter("id")
    guard let id = Identifier(text) else { throw Problem.notFound("'\(text)' is not a \(what) id (a UUID)") }
    return id
  }
}
