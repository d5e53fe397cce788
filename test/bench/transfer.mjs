// An upload over a line with 40 ms of round-trip time: the site's own code to the coordinator's own service, mutual
// TLS, three processes; against bare TLS 1.3 over the same line. Alternating, medians, warm-up dropped.
import { fork } from 'node:child_process';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import {
  createCertificateAuthority,
  createCsr,
  createTransportKey,
  issueServerCertificate,
  issueSiteCertificate,
} from '../../libs/identity/dist/index.js';
import { ObjectKind } from '../../libs/protocol/dist/wire.js';
import { call, openConnection } from '../../site-agent/dist/connection/index.js';
import { uploadFile } from '../../site-agent/dist/rounds/upload-file.js';
import { createState, openState } from '../../site-agent/dist/state/index.js';

const MIB = 2 ** 20;
const ONE_WAY_MS = 20;
const BYTES = 256 * MIB;
const RUNS = 5;
const WARM_UP = 2;
const SITE = 'a';
/** A disk that is slower than the line would be measured instead of it. */
const MEMORY = '/dev/shm';

const median = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];

async function measureTransfer({ report }) {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'consilium-transfer-'));
  const children = [];
  const start = async (file, args, init) => {
    const child = fork(new URL(`transfer/${file}`, import.meta.url), args, { serialization: 'advanced' });
    children.push(child);
    if (init) child.send(init);
    const [said] = await once(child, 'message');
    return { child, ...said };
  };
  try {
    const identities = await makeIdentities();
    const upload = await makeFile(join(folder, 'upload'));
    const { server, client, fingerprint } = identities;
    const coordinator = await start('coordinator.mjs', [], {
      folder: join(folder, 'spool'),
      server,
      fingerprint,
      site: SITE,
      bytes: BYTES,
      sha256: upload.sha256.toString('hex'),
    });
    const sink = await start('tls-sink.mjs', [], { server, bytes: BYTES });
    const line = await start('line.mjs', [coordinator.port, ONE_WAY_MS].map(String));
    const bare = await start('line.mjs', [sink.port, ONE_WAY_MS].map(String));
    createState(join(folder, 'state'));
    const state = openState(join(folder, 'state'));
    const connection = openConnection(state, { coordinator: `127.0.0.1:${line.port}`, caPem: identities.caPem, client });
    const results = [];
    for (let run = 0; run < WARM_UP + RUNS; run += 1) {
      const own = await timeUpload(connection, coordinator, upload);
      const tls = await timeTls(bare.port, identities);
      report(`run ${run}: ${JSON.stringify(own)}, bare TLS ${tls.toFixed(0)} MiB/s`);
      if (run >= WARM_UP) results.push({ ...own, tls });
    }
    connection.close();
    state.close();
    return Object.fromEntries(Object.keys(results[0]).map((name) => [name, median(results.map((result) => result[name]))]));
  } finally {
    for (const child of children) child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeIdentities() {
  const now = new Date();
  const consortium = 'bench.example';
  const ca = await createCertificateAuthority({ consortium, now });
  const own = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now, days: 1 });
  const transportKeyPem = await createTransportKey();
  const { pem: certificatePem } = await issueSiteCertificate({ ca, csr: await createCsr(transportKeyPem), consortium, site: SITE, now });
  return {
    caPem: ca.certificatePem,
    server: { certificateChain: own.chainPem, privateKey: own.privateKeyPem, clientAuthority: ca.certificatePem },
    client: { certificatePem, transportKeyPem },
    fingerprint: createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('hex'),
  };
}

async function makeFile(path) {
  const piece = randomBytes(MIB);
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let at = 0; at < BYTES; at += MIB) {
    piece.writeUInt32LE(at / MIB);
    hash.update(piece);
    await file.write(piece);
  }
  await file.close();
  return { path, sha256: hash.digest() };
}

/** MiB/s until the coordinator has taken the last byte, and until it has checked the whole and said so. */
async function timeUpload(connection, coordinator, { path, sha256 }) {
  const header = {
    study: coordinator.study,
    kind: ObjectKind.OBJECT_KIND_BUNDLE,
    keyEpoch: 0,
    round: 0,
    attempt: 0,
    parameters: '',
    length: BigInt(BYTES),
    sha256,
  };
  const calls = { offset: (request) => call(connection.transfer.offset, request), upload: connection.transfer.upload };
  await call(connection.transfer.offset, { header: { ...header, offset: 0n } });
  const start = performance.now();
  const cpuBefore = process.cpuUsage();
  const taken = once(coordinator.child, 'message').then(([said]) => ({ ms: performance.now() - start, cpu: said.cpuSeconds }));
  await uploadFile(calls, { path, header, signature: Buffer.alloc(64) }, new AbortController().signal);
  const whole = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  const { ms, cpu } = await taken;
  const gib = BYTES / 2 ** 30;
  return {
    taken: BYTES / MIB / (ms / 1_000),
    whole: BYTES / MIB / (whole / 1_000),
    siteCpu: (user + system) / 1e6 / gib,
    coordinatorCpu: cpu / gib,
  };
}

async function timeTls(port, { caPem, client }) {
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    ca: caPem,
    cert: client.certificatePem,
    key: client.transportKeyPem,
    minVersion: 'TLSv1.3',
    noDelay: true,
  });
  await once(socket, 'secureConnect');
  const piece = randomBytes(MIB);
  const start = performance.now();
  for (let sent = 0; sent < BYTES; sent += MIB) if (!socket.write(piece)) await once(socket, 'drain');
  await once(socket, 'data');
  const seconds = (performance.now() - start) / 1_000;
  socket.destroy();
  return BYTES / MIB / seconds;
}

export async function transferFigures({ report }) {
  const { taken, whole, tls } = await measureTransfer({ report });
  return [
    { figure: 'uploadMiBPerSecondAt40ms', value: Math.round(taken), unit: 'MiB/s', goal: { text: '≥ 250', met: taken >= 250 } },
    {
      figure: 'uploadVsTls',
      value: Number((taken / tls).toFixed(3)),
      goal: { text: '≥ 0.35', met: taken / tls >= 0.35 },
      note: `bare TLS 1.3: ${Math.round(tls)} MiB/s`,
    },
    {
      figure: 'uploadCheckedMiBPerSecondAt40ms',
      value: Math.round(whole),
      unit: 'MiB/s',
      note: 'until the coordinator has hashed the whole and said so',
    },
  ];
}

export { transferFigures as bench };
