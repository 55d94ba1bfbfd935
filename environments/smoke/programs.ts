/**
 * grpc.health.v1.Health/Check on port 9000 in plain Python: every service is SERVING but the one called `bad`.
 * It speaks as much HTTP/2 as one unary call needs: settings, one request, headers, data, trailers.
 */
export const grpcHealthServer = `
import socket, struct, threading
def frame(kind, flags, stream, body): return struct.pack('>I', len(body))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + body
def literal(name, value): return bytes([0, len(name)]) + name + bytes([len(value)]) + value
def take(c, n):
  data = b''
  while len(data) < n:
    more = c.recv(n - len(data))
    if not more: raise EOFError
    data += more
  return data
def serve(c):
  try:
    take(c, 24)
    c.sendall(frame(4, 0, 0, b''))
    while True:
      head = take(c, 9)
      length, kind, flags, stream = struct.unpack('>I', b'\\0' + head[:3])[0], head[3], head[4], struct.unpack('>I', head[5:])[0]
      body = take(c, length)
      if kind == 4 and not flags & 1: c.sendall(frame(4, 1, 0, b''))
      if kind == 6 and not flags & 1: c.sendall(frame(6, 1, 0, body))
      if kind == 0 and flags & 1:
        status = 2 if b'bad' in body else 1
        c.sendall(frame(1, 4, stream, b'\\x88' + literal(b'content-type', b'application/grpc'))
          + frame(0, 0, stream, b'\\0' + struct.pack('>I', 2) + bytes([8, status]))
          + frame(1, 5, stream, literal(b'grpc-status', b'0')))
  except (EOFError, OSError): pass
server = socket.create_server(('', 9000))
while True: threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
`

/** An HTTPS server in Python on port 8443 with the certificate in /tls; \`answer(method, path, body)\` gives status and JSON. */
export function httpsServer(answer: string): string {
  return `
import http.server, json, ssl
${answer}
class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'
  def log_message(self, *a): pass
  def reply(self):
    length = int(self.headers.get('Content-Length') or 0)
    status, body = answer(self.command, self.path.split('?')[0], json.loads(self.rfile.read(length)) if length else None)
    data = json.dumps(body).encode()
    self.send_response(status)
    self.send_header('Content-Type', 'application/json')
    self.send_header('Content-Length', str(len(data)))
    self.end_headers()
    self.wfile.write(data)
  do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = reply
server = http.server.ThreadingHTTPServer(('', 8443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('/tls/tls.crt', '/tls/tls.key')
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
`
}
