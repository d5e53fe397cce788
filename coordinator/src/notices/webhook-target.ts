import { ConsiliumError } from '@consilium/protocol';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Where a webhook may go: over TLS, or to this machine. Everything else could be made to reach what only this machine
 * reaches (the addresses of a cloud's own services answer plain HTTP), or would show who works on what on the way.
 * Redirects are never followed, so that this holds for the address that is called.
 * @throws ConsiliumError WEBHOOK_URL
 */
export function webhookTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused('The address of the webhook is no URL.');
  const here = LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && here)) throw refused('A webhook goes over https, or to this machine.');
  if (url.username !== '' || url.password !== '') throw refused('The address of a webhook carries no name and password: it is signed.');
  return url;
}

function refused(message: string): ConsiliumError {
  return new ConsiliumError({
    code: 'WEBHOOK_URL',
    errorClass: 'usage',
    message,
    fix: 'Give an address such as https://chat.example/hooks/consilium, or http://127.0.0.1:8080/.',
  });
}
