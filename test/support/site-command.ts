import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Consortium, Finished } from '../../demo/src/index.js';
import { runCli } from '../../site-agent/src/cli/index.js';

/**
 * `consilium-site --json …` of a site within this process: no second to start one.
 * @param site - a name whose directory holds a `site.yaml`
 */
export const siteCommand = (consortium: Consortium, site: string, ...args: readonly string[]): Promise<Finished> =>
  runInProcess(consortium.siteConfig(site), ['--json', ...args]);

/** The same as a person without a terminal reads it. */
export const siteCommandForPerson = (consortium: Consortium, site: string, ...args: readonly string[]): Promise<Finished> =>
  runInProcess(consortium.siteConfig(site), args);

/** `consilium-site` with a configuration, within this process. */
export async function runInProcess(config: string, args: readonly string[]): Promise<Finished> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  const code = await runCli(['--config', config, ...args], {
    stdin,
    stdout,
    stderr,
    interactive: false,
    signal: new AbortController().signal,
    cwd: process.cwd(),
    uid: process.getuid?.(),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}

/** Proposes a study and has its sites approve it, and its release in advance. @returns its hash */
export async function proposeQuickly(consortium: Consortium, yaml: string, approvers: readonly string[]): Promise<string> {
  const { hash } = (await consortium.api('POST', '/studies', { specification: yaml })) as { readonly hash: string };
  for (const site of approvers) {
    const { code, stdout } = await siteCommand(consortium, site, 'study', 'approve', hash, '--release', 'in-advance', '--yes');
    if (code !== 0) throw new Error(`${site} did not approve: ${stdout}`);
  }
  return hash;
}
