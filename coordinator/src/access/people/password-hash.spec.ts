import { describe, expect, it } from 'vitest';
import { PasswordHasher, RFC_9106 } from './password-hash.js';

const CHEAP = { memory: 64, passes: 1, lanes: 1 };

describe('a password', () => {
  it('is stored under argon2id at the cost of RFC 9106, with a salt of its own', async () => {
    const hasher = new PasswordHasher(RFC_9106);
    expect(await hasher.hash('correct horse battery staple')).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=4\$[\w+/]{22}\$[\w+/]{43}$/);
    const cheap = new PasswordHasher(CHEAP);
    expect(await cheap.hash('one')).not.toBe(await cheap.hash('one'));
  });

  it('matches itself, however its letters were composed, and nothing else', async () => {
    const hasher = new PasswordHasher(CHEAP);
    const stored = await hasher.hash('Z\u00fcrich am See');
    expect(await hasher.matches('Zu\u0308rich am See', stored)).toBe(true);
    for (const other of ['zürich am See', 'Zürich am See ', '']) expect(await hasher.matches(other, stored)).toBe(false);
    for (const none of [null, undefined, '', '$argon2id$v=19$m=1', stored.replace('argon2id', 'argon2i')])
      expect(await hasher.matches('Zürich am See', none)).toBe(false);
  });

  it('is hashed anew once the cost has changed', async () => {
    const stored = await new PasswordHasher(CHEAP).hash('one');
    expect(new PasswordHasher(CHEAP).isStale(stored)).toBe(false);
    const dearer = new PasswordHasher({ ...CHEAP, passes: 2 });
    expect(dearer.isStale(stored)).toBe(true);
    expect(await dearer.matches('one', stored)).toBe(true);
  });
});
