import { z } from 'zod';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** How e-mail leaves: over TLS, from the first byte on (`implicit`, usually port 465) or after STARTTLS (587). */
export const SmtpConfig = z
  .strictObject({
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535).default(587),
    tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
    user: z.string().min(1).optional(),
    /** Mode 0600. */
    passwordFile: z.string().min(1).optional(),
    from: z.string().min(3).max(320),
    /** Certificates to trust instead of the system's, PEM. */
    caFile: z.string().min(1).optional(),
  })
  .refine(({ tls, host }) => tls !== 'none' || LOOPBACK.test(host), { path: ['tls'], message: 'without TLS only to this machine' })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    path: ['passwordFile'],
    message: 'user and passwordFile come together',
  });
export type SmtpConfig = z.infer<typeof SmtpConfig>;

/** What people are told by e-mail and webhooks; to whom, the console's settings say. */
export const NoticesConfig = z.strictObject({
  /** The console as people reach it: what links begin with. Default: where the coordinator listens. */
  consoleUrl: z.url({ protocol: /^https?$/ }).optional(),
  smtp: SmtpConfig.optional(),
});
export type NoticesConfig = z.infer<typeof NoticesConfig>;
