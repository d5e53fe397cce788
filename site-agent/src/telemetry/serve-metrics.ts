import { createServer } from 'node:http';
import { CoordinatorAddress } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { AgentMetrics } from './agent-metrics.js';

/**
 * Serves `GET /metrics` on the hospital's own address.
 * @param address - host:port
 * @returns what stops it
 * @throws ConsiliumError PORT_IN_USE
 */
export async function serveMetrics(address: string, { registry }: Pick<AgentMetrics, 'registry'>): Promise<() => void> {
  const { host, port } = CoordinatorAddress.parse(address);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new ConsiliumError({
          code: 'PORT_IN_USE',
          errorClass: 'failed',
          message: `The metrics cannot be served on ${address}.`,
          fix: 'Set telemetry.metrics in site.yaml to another address, or to none.',
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
