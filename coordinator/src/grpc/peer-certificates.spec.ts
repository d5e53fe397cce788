import { EventEmitter } from 'node:events';
import type { Server } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { readPeerCertificatesOnce } from './peer-certificates.js';

/** A socket whose certificate is taken apart anew each time. */
const socket = (authorized: boolean) => ({ authorized, getPeerCertificate: () => ({ raw: Buffer.from('der') }) });

describe('the certificate of a connection', () => {
  const http2 = new EventEmitter();
  readPeerCertificatesOnce({ http2Servers: new Map([[http2, {}]]) } as unknown as Server);

  it('is taken apart once, and each connection has its own', () => {
    const [one, other] = [socket(true), socket(true)];
    http2.emit('session', { socket: one });
    http2.emit('session', { socket: other });
    expect(one.getPeerCertificate()).toBe(one.getPeerCertificate());
    expect(one.getPeerCertificate()).not.toBe(other.getPeerCertificate());
  });

  it('is left alone where TLS has not verified it', () => {
    const stranger = socket(false);
    http2.emit('session', { socket: stranger });
    expect(stranger.getPeerCertificate()).not.toBe(stranger.getPeerCertificate());
  });

  it('says so when an upgrade of grpc-js moves its servers', () => {
    expect(() => readPeerCertificatesOnce({} as Server)).toThrow('http2-servers.ts');
  });
});
