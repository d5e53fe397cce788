import type { Http2Server } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

/**
 * The http2 servers of a bound gRPC server, for what grpc-js has no option for. It keeps them under a private name.
 * @throws Error where it no longer keeps them there: an upgrade needs another look at this file
 */
export function http2ServersOf(server: Server): Iterable<Http2Server> {
  const kept: unknown = Reflect.get(server, 'http2Servers');
  if (!(kept instanceof Map) || kept.size === 0) throw new Error('grpc-js keeps its http2 servers elsewhere; http2-servers.ts must follow');
  return (kept as ReadonlyMap<Http2Server, unknown>).keys();
}
