import type { ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Server } from '@grpc/grpc-js';
import { http2ServersOf } from './http2-servers.js';

/**
 * grpc-js asks the socket for the peer's certificate at every call, and the socket then takes it apart anew, every field
 * of it: of all that a small call costs the coordinator, a tenth. A connection has one certificate from its handshake to
 * its end (TLS 1.3, no authentication after the handshake), so it is taken apart once. Whether it still counts is
 * another question, and asked at every call (peer.ts).
 */
export function readPeerCertificatesOnce(server: Server): void {
  for (const http2 of http2ServersOf(server))
    http2.on('session', ({ socket }: ServerHttp2Session) => {
      const tls = socket as TLSSocket;
      if (!tls.authorized) return;
      const certificate = tls.getPeerCertificate();
      tls.getPeerCertificate = (() => certificate) as typeof tls.getPeerCertificate;
    });
}
