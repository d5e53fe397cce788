import { readFile } from 'node:fs/promises';
import { readSecretFile } from '@consilium/identity';
import { createTransport } from 'nodemailer';
import type { SmtpConfig } from '../config/index.js';

/** What an e-mail says: a fixed sentence and a link. */
export interface MailMessage {
  /** The same in every try, so that a second copy is recognised. */
  readonly id: string;
  readonly to: string;
  readonly title: string;
  readonly link: string;
  readonly consortium: string;
  /** Where one says which notices go where. */
  readonly settings: string;
}

const LIMIT_MS = 15_000;

/**
 * One e-mail over TLS; plain only to this machine. The password is read anew each time, so that it can be changed.
 * @throws Error of nodemailer; ConsiliumError KEY_FILE_MODE, KEY_FILE_MISSING
 */
export async function sendMail(smtp: SmtpConfig, { id, to, title, link, consortium, settings }: MailMessage): Promise<void> {
  const { host, port, tls, user, passwordFile, from, caFile } = smtp;
  const pass = passwordFile === undefined ? undefined : (await readSecretFile(passwordFile)).toString('utf8').trim();
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: pass ?? '' } }),
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: LIMIT_MS,
    greetingTimeout: LIMIT_MS,
    socketTimeout: LIMIT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from,
      to,
      subject: title,
      messageId: `<${id}@consilium>`,
      text: `${title}\n\n${link}\n\nConsortium ${consortium}. Which notices go where: ${settings}\n`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  } finally {
    transport.close();
  }
}
