import { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { rolesOfClaims } from './oidc/roles-of-claims.js';
import { checkPassword } from './people/password-rules.js';
import { waitAfter } from './sign-in/lock-out.js';
import { reachOf } from './permission/reach.js';
import { covers, scopeOf } from './permission/scope.js';

const basel = SiteName.parse('basel');

describe('how far a person reaches', () => {
  it('is decided by the permitted roles alone', () => {
    const person = { roles: ['researcher', 'site-it'] as const, sites: [basel] };
    expect(reachOf(person, ['researcher', 'site-it'])).toBe('all');
    expect(reachOf(person, ['site-it'])).toEqual(new Set(['basel']));
    expect(reachOf(person, ['compliance'])).toBeUndefined();
  });

  it('is nothing for site IT without a site, and everything for a compliance officer without one', () => {
    expect(reachOf({ roles: ['site-it'], sites: [] }, ['site-it'])).toEqual(new Set());
    expect(reachOf({ roles: ['compliance'], sites: [] }, ['compliance'])).toBe('all');
    expect(reachOf({ roles: ['compliance'], sites: [basel] }, ['compliance'])).toEqual(new Set(['basel']));
  });
});

describe('a scope', () => {
  it('is named by the part of the API, and writing covers reading', () => {
    expect(scopeOf('/api/v1/studies/:id/launch', true)).toBe('studies:write');
    expect(scopeOf('/metrics', false)).toBe('metrics:read');
    expect(covers(['studies:write'], 'studies:read')).toBe(true);
    expect(covers(['studies:read'], 'studies:write')).toBe(false);
    expect(covers(['*:read'], 'sites:read')).toBe(true);
    expect(covers(['*:read', 'sites:write'], 'studies:write')).toBe(false);
  });
});

describe('what a provider says of a person', () => {
  it('gives roles by rule, and binds them to the sites of the rules', () => {
    const rules = [
      { value: 'it', role: 'site-it' as const, sites: [basel] },
      { value: 'dpo', role: 'compliance' as const, sites: [] },
      { value: 'dpo-basel', role: 'compliance' as const, sites: [basel] },
    ];
    const of = (groups: unknown) => rolesOfClaims({ groups }, { claim: 'groups', rules });
    expect(of(['it', 'other'])).toEqual({ roles: ['site-it'], sites: ['basel'] });
    expect(of('dpo')).toEqual({ roles: ['compliance'], sites: [] });
    expect(of(['dpo', 'dpo-basel'])).toEqual({ roles: ['compliance'], sites: [] });
    for (const none of [undefined, null, [], 'IT', { it: true }, [1]]) expect(of(none)).toEqual({ roles: [], sites: [] });
  });
});

describe('a password', () => {
  const known = { email: 'ada@heart.example', name: 'Ada Lovelace' };
  it.each(['short', 'aaaaaaaaaaaaaa', 'password123456', 'Lovelace12345', '0123456789abc'])('is refused: %s', (password) => {
    expect(() => checkPassword(password, known)).toThrow(expect.objectContaining({ code: 'PASSWORD_WEAK' }) as Error);
  });
  it.each(['correct horse battery staple', 'qX7!mmk20-vvTd', 'Lovelace wrote notes on engines'])('is taken: %s', (password) => {
    expect(() => checkPassword(password, known)).not.toThrow();
  });
});

describe('the wait after tries that failed', () => {
  it('begins at half a minute, doubles, and is never more than an hour', () => {
    expect([4, 5, 6, 7, 11, 12, 100].map((tries) => waitAfter(tries, 5))).toEqual([
      0, 30_000, 60_000, 120_000, 1_920_000, 3_600_000, 3_600_000,
    ]);
  });
});
