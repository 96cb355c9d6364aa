import HTTPTypes

/// `/<vendor>/files/<job>/<place>.<extension>`: what jobs made, for as long as the vendor keeps it.
enum Files {
  static func route(_ vendor: any Vendor) -> Route {
    let own = vendor.fileLifetime
    return Route(.get, "files/{id}/{file}", .file, needsKey: false) { call in
      let job = try call.job(call["id"])
      let now = call.now
      guard let place = Int(call["file"].prefix { $0 != "." }), job.products.indices.contains(place),
        case .ended(.succeeded) = job.stage(at: now)
      else { throw Refusal(.notFound, "There is no such file.") }
      let lifetime = call.desk.settings.lifetime(call.vendor, own: own)
      guard job.fault != .expiredAsset, now < job.endsAt + lifetime else {
        // As the object stores behind signed URLs have it.
        return .bytes(
          Array("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>".utf8),
          "application/xml", status: 403)
      }
      return .bytes(call.bytes(of: job, place), job.products[place].contentType)
    }
  }
}
