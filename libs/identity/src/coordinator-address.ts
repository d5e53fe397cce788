import { isIP } from 'node:net';
import { z } from 'zod';

/** Where a coordinator listens. IPv6 addresses stand without brackets in `host`. */
export interface CoordinatorAddress {
  readonly host: string;
  readonly port: number;
}

const FORM = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)):(\d{1,5})$/i;

/** `host:port`; an IPv6 address stands in brackets, as in `[2001:db8::1]:443`. Ports 1 to 65535. */
export const CoordinatorAddress = z.string().transform((text, context): CoordinatorAddress => {
  const [, v6, name, digits] = FORM.exec(text) ?? [];
  const host = v6 !== undefined && isIP(v6) === 6 ? v6 : name;
  const port = Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  context.addIssue({ code: 'custom', message: 'the coordinator is given as host:port, for example coord.heart.example:443' });
  return z.NEVER;
});
