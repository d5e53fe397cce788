// Bare TLS 1.3 with client certificates: takes bytes, and answers with one byte after each `bytes` of them.
import { createServer } from 'node:tls';

process.once('message', ({ server, bytes }) => {
  const options = { key: server.privateKey, cert: server.certificateChain, ca: server.clientAuthority, requestCert: true };
  const listening = createServer({ ...options, minVersion: 'TLSv1.3' }, (socket) => {
    let taken = 0;
    socket.on('data', (chunk) => {
      taken += chunk.length;
      if (taken >= bytes) {
        taken -= bytes;
        socket.write('.');
      }
    });
    socket.on('error', () => undefined);
  });
  listening.listen(0, '127.0.0.1', () => process.send({ port: listening.address().port }));
});
process.once('disconnect', () => process.exit());
