import { readFile } from 'node:fs/promises';
import { Controller, Get, Post, type CanActivate } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissionPage, routesOf, ROLES, type RouteRule } from '../access/index.js';
import { CONTROLLERS } from '../app.module.js';
import { Browser } from '../../test/browser.js';
import { httpWorld } from '../../test/http-world.js';

/** Stands behind the gate and lets nothing through: what reaches it was permitted, and does nothing. */
const BEHIND_THE_GATE: CanActivate = {
  canActivate: () => {
    throw Object.assign(new Error('permitted'), { status: 418 });
  },
};

/** A controller whose author forgot to say who may. */
class ForgottenController {
  read(): string {
    return 'read';
  }

  write(): string {
    return 'written';
  }
}
Controller('api/v1/forgotten')(ForgottenController);
Get()(ForgottenController.prototype, 'read', Object.getOwnPropertyDescriptor(ForgottenController.prototype, 'read') ?? {});
Post()(ForgottenController.prototype, 'write', Object.getOwnPropertyDescriptor(ForgottenController.prototype, 'write') ?? {});

const ROUTES = routesOf([...CONTROLLERS, ForgottenController]);
let world: Awaited<ReturnType<typeof httpWorld>>;
let people: Map<string, Browser>;

beforeAll(async () => {
  world = await httpWorld({}, { controllers: [ForgottenController], guards: [BEHIND_THE_GATE] });
  people = new Map([['nobody', new Browser(world.url)]]);
  for (const role of ROLES) people.set(role, await world.person([role], role === 'site-it' ? ['basel'] : []));
  people.set('compliance of basel', await world.person(['compliance'], ['basel']));
});
afterAll(() => world.close());

/** Whether somebody gets past the gate. */
async function passes(who: string, { method, path }: RouteRule, site: string): Promise<boolean> {
  const address = path.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'site' || name === 'name' ? site : 'x'));
  const browser = people.get(who);
  if (browser === undefined) throw new Error(who);
  const response = await browser.call(method, `${world.url}${address}`);
  if ([401, 403].includes(response.status)) return false;
  // The gate let it in: the marker behind it, or where none can stand, the route itself.
  if (response.status === 400 && (await response.text()).includes('INVALID_REQUEST')) return true;
  throw new Error(`${method} ${address} as ${who}: ${response.status}`);
}

/** What the table says, worked out apart from the guard. */
function permitted(who: string, { rule }: RouteRule, site: string, namesSite: boolean): boolean {
  if (rule === undefined) return false;
  if (rule.who === 'anybody') return true;
  if (who === 'nobody') return false;
  if (rule.who === 'account') return true;
  const bound = who === 'site-it' || who === 'compliance of basel';
  const role = who.split(' ')[0] as (typeof ROLES)[number];
  return rule.roles.includes(role) && !(bound && (rule.whole || (namesSite && site !== 'basel')));
}

describe('the permission table', () => {
  it('is the one in docs/permissions.md (npm run permissions)', async () => {
    const page = await readFile(new URL('../../../docs/permissions.md', import.meta.url), 'utf8');
    expect(page).toBe(permissionPage(routesOf(CONTROLLERS)));
  });

  it('has a rule for every route', () => {
    expect(routesOf(CONTROLLERS).filter(({ rule }) => rule === undefined)).toEqual([]);
  });

  it.each(['nobody', ...ROLES, 'compliance of basel'])('holds on every route for: %s', async (who) => {
    const wrong: string[] = [];
    for (const route of ROUTES)
      for (const site of ['basel', 'bern']) {
        const namesSite = /:site\b|^\/api\/v1\/sites\/:name/.test(route.path);
        if (site === 'bern' && !namesSite) continue;
        const does = await passes(who, route, site);
        if (does !== permitted(who, route, site, namesSite))
          wrong.push(`${route.method} ${route.path} (${site}): ${does ? 'let in' : 'refused'}`);
      }
    expect(wrong).toEqual([]);
  });

  it('refuses a route that somebody forgot, to admins and to the machine too', async () => {
    for (const method of ['GET', 'POST']) {
      const headers = { authorization: `Bearer ${world.token}` };
      expect((await fetch(`${world.url}/api/v1/forgotten`, { method, headers })).status).toBe(403);
    }
  });
});
