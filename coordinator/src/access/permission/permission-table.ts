import 'reflect-metadata';
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { changesNothing, ruleOf, type Rule } from './permit.js';
import { ROLES } from './role.js';
import { scopeOf } from './scope.js';

/** A route as its controller declares it. */
export interface RouteRule {
  readonly method: string;
  /** Such as `/api/v1/studies/:id`. */
  readonly path: string;
  /** undefined: nobody may. */
  readonly rule: Rule | undefined;
  /** What an API token must have. */
  readonly scope: string;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Every route of some controllers, read from the decorators that the guard obeys. */
export function routesOf(controllers: readonly Type[]): readonly RouteRule[] {
  return controllers.flatMap((controller) => {
    const prefix = Reflect.getMetadata(PATH_METADATA, controller) as string | undefined;
    return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
      const handler = (controller.prototype as Record<string, unknown>)[name];
      const method =
        typeof handler === 'function' ? (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined) : undefined;
      if (typeof handler !== 'function' || method === undefined) return [];
      const own = Reflect.getMetadata(PATH_METADATA, handler) as string;
      const path = `/${[prefix, own]
        .flatMap((part) => (part ?? '').split('/'))
        .filter(Boolean)
        .join('/')}`;
      const verb = RequestMethod[method];
      const changes = !SAFE.has(verb) && !changesNothing(handler);
      return [{ method: verb, path, rule: ruleOf(handler, controller), scope: scopeOf(path, changes) }];
    });
  });
}

/** The permission table as a page of Markdown. */
export function permissionPage(routes: readonly RouteRule[]): string {
  const rows = [...routes]
    .sort((one, other) => `${one.path} ${one.method}`.localeCompare(`${other.path} ${other.method}`, 'en'))
    .map((route) => `| ${route.method} | \`${route.path}\` | ${cells(route).join(' | ')} |`);
  return `${HEAD}\n${rows.join('\n')}\n`;
}

const HEAD = `# Who may call what

Generated from the decorators that the guard obeys (\`npm run permissions\`); a test compares it with the code, and another
calls every route as every role. A route without a rule is refused to everybody.

- **yes**: with this role. **own sites**: what tells of other sites is refused or left out; \`compliance\` without sites reaches
  all. **session**: in a browser's session only, never with a token. **–**: refused.
- An API token also needs the scope, and never may more than its owner. \`admin.token\` of the state directory has the roles
  \`admin\`, \`researcher\` and \`compliance\`.

| method | route | nobody | ${ROLES.join(' | ')} | scope |
|---|---|---|${ROLES.map(() => '---').join('|')}|---|`;

function cells({ rule, scope }: RouteRule): readonly string[] {
  if (rule?.who === 'anybody') return ['yes', ...ROLES.map(() => 'yes'), '–'];
  if (rule?.who === 'account') return ['–', ...ROLES.map(() => (rule.session ? 'session' : 'yes')), rule.session ? '–' : `\`${scope}\``];
  const permitted = ROLES.map((role) => {
    if (rule?.who !== 'roles' || !rule.roles.includes(role)) return '–';
    if (role === 'site-it') return rule.whole ? '–' : 'own sites';
    return role === 'compliance' && !rule.whole ? 'yes, own sites where bound' : 'yes';
  });
  return ['–', ...permitted, rule === undefined ? '–' : `\`${scope}\``];
}
