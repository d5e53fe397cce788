import type { ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Server } from '@grpc/grpc-js';
import { http2ServersOf } from './http2-servers.js';

/** What a peer may send before it hears from the server: fills 1 Gbit/s at 250 ms of round-trip time. */
export const RECEIVE_WINDOW_BYTES = 32 * 2 ** 20;

/**
 * HTTP/2 lets a peer have 64 KiB under way until the receiver says otherwise, which is 1 MiB/s at 40 ms. grpc-js lets a
 * client say so (`grpc-node.flow_control_window`) but has no option for a server, so this acts on its http2 servers. Call
 * it when the server is bound: connections that came before stay slow.
 *
 * The window of a connection is raised only where TLS has verified the peer's certificate; a stranger gets no 32 MiB of
 * memory. It bounds what a connection may hold, whatever the number of its streams.
 */
export function raiseReceiveWindows(server: Server): void {
  for (const http2 of http2ServersOf(server)) {
    http2.updateSettings({ initialWindowSize: RECEIVE_WINDOW_BYTES });
    http2.on('session', (session: ServerHttp2Session) => {
      if ((session.socket as TLSSocket).authorized) session.setLocalWindowSize(RECEIVE_WINDOW_BYTES);
    });
  }
}
