import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where in the code a call frame lies: package or file, and function. */
function placeOf({ functionName, url, lineNumber }) {
  const file = url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/(libs|coordinator|site-agent)\//, '$1/');
  return `${functionName || '(anonymous)'} ${file}${url ? `:${lineNumber + 1}` : ''}`;
}

/** Profiles of the process that has the longest one: of its main thread (0), and of its other threads. */
function profilesOf(directory) {
  const files = readdirSync(directory).flatMap((name) => {
    const found = /\.(\d+)\.(\d+)\.\d+\.cpuprofile$/.exec(name);
    return found
      ? [{ path: join(directory, name), pid: found[1], thread: Number(found[2]), size: statSync(join(directory, name)).size }]
      : [];
  });
  const bySize = files.sort((one, other) => other.size - one.size);
  return bySize.filter(({ pid }) => pid === bySize[0]?.pid);
}

/**
 * The functions in which the process with the longest profile of a folder spent most of its time, by thread, itself and
 * (`total`) with all that they called; idle time left out.
 * @param directory - where `--cpu-prof` wrote `*.cpuprofile` files
 */
export function topFunctions(directory, most = 5) {
  return profilesOf(directory).map(({ path, thread }) => ({ thread, ...topOf(path, most) }));
}

function topOf(path, most) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8'));
  const selfMs = new Map();
  samples.forEach((id, index) => selfMs.set(id, (selfMs.get(id) ?? 0) + timeDeltas[index] / 1000));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const self = new Map();
  const total = new Map();
  const add = (map, key, ms) => map.set(key, (map.get(key) ?? 0) + ms);
  const visit = (node, above) => {
    const place = placeOf(node.callFrame);
    const own = selfMs.get(node.id) ?? 0;
    if (node.callFrame.functionName !== '(idle)') add(self, place, own);
    const recursion = above.has(place);
    const inner = recursion ? above : new Set(above).add(place);
    const below = (node.children ?? []).reduce((sum, child) => sum + visit(byId.get(child), inner), own);
    if (!recursion) add(total, place, below);
    return below;
  };
  visit(nodes[0], new Set());
  const longest = (map) =>
    [...map]
      .sort((one, other) => other[1] - one[1])
      .slice(0, most)
      .map(([place, ms]) => `${Math.round(ms)} ms ${place}`);
  for (const place of [...total.keys()])
    if (/^\((root|program|idle)\)/.test(place) || / node:|^\(anonymous\) $/.test(place)) total.delete(place);
  return { self: longest(self), total: longest(total) };
}
