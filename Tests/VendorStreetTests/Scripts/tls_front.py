"""A TLS front for packages that insist on https: bytes in and out, nothing looked at.

`with front("127.0.0.1", 9100, folder) as port:` listens on `port` with a certificate made for 127.0.0.1,
which SSL_CERT_FILE then names, so that a package that verifies certificates verifies this one.
"""

import contextlib
import datetime
import ipaddress
import os
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def _certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths = [os.path.join(folder, name) for name in ("front.crt", "front.key")]
    for path, data in zip(paths, (certificate.public_bytes(pem), secret)):
        with open(path, "wb") as file:
            file.write(data)
    return paths


def _pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve(listener, context, host, port):
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            inner = context.wrap_socket(plain, server_side=True)
            outer = socket.create_connection((host, port))
        except OSError:
            plain.close()
            continue
        for pair in ((inner, outer), (outer, inner)):
            threading.Thread(target=_pump, args=pair, daemon=True).start()


@contextlib.contextmanager
def front(host, port, folder):
    certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    os.environ["SSL_CERT_FILE"] = certificate
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener, context, host, port), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
