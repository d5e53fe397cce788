// Preloaded into a site's processes (NODE_OPTIONS=--import): appends to files under $CONSILIUM_TEST_TRAFFIC all that the
// process says to the coordinator and hears from it over HTTP/2, as it is before TLS closes and after TLS opens it.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = process.env.CONSILIUM_TEST_TRAFFIC;
// The very object that grpc-js holds, so that what is replaced here is what it calls.
const http2 = createRequire(import.meta.url)('node:http2');
const connect = http2.connect;
let streams = 0;

http2.connect = (...args) => {
  const session = connect(...args);
  const request = session.request;
  session.request = (...asked) => watch(request.apply(session, asked), asked[0]);
  return session;
};

/** One file per stream and direction: what lies side by side in a file was side by side on the wire. */
function watch(stream, headers) {
  const name = `${process.pid}-${String(streams++)}`;
  const keep = (direction, bytes) => appendFileSync(join(folder, `${name}.${direction}`), bytes, { mode: 0o600 });
  const text = (fields) => `${JSON.stringify(fields)}\n`;
  keep('sent', text(headers));
  for (const news of ['response', 'trailers']) stream.on(news, (fields) => keep('heard', text(fields)));
  for (const method of ['write', 'end']) {
    const original = stream[method];
    stream[method] = (chunk, ...rest) => {
      if (chunk instanceof Uint8Array || typeof chunk === 'string') keep('sent', chunk);
      return original.call(stream, chunk, ...rest);
    };
  }
  const push = stream.push;
  stream.push = (chunk, ...rest) => {
    if (chunk) keep('heard', chunk);
    return push.call(stream, chunk, ...rest);
  };
  return stream;
}
