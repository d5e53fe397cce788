import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this package and, beside it, the libraries: in bundles this module lies elsewhere than in the source. */
const PROGRAM = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return dirname(folder);
})();
const FRAME = /^\s*at (?:.*\()?(?:file:\/\/)?(\/[^():]+):(\d{1,7}):(\d{1,7})\)?\s*$/;
const INTERNAL = /^\s*at (?:.*\()?node:([a-z_/]{1,40}):(\d{1,7}):(\d{1,7})\)?\s*$/;
const OWN_NAME = /^(?:site-agent|libs\/[a-z-]+|[a-z-]+)\/(?:dist|src)\/[a-z0-9./-]+\.(?:js|ts|mjs)$/;

/**
 * Of an incident's detail the places in this program, and nothing else: no message, no name of a function, no file that is
 * not the program's own and really there.
 */
export function ownFrames(detail: string, program = PROGRAM): readonly string[] {
  return detail.split('\n').flatMap((line) => {
    const [, module, at, column] = INTERNAL.exec(line) ?? [];
    if (module !== undefined) return [`node:${module}:${at}:${column}`];
    const [, path, row, place] = FRAME.exec(line) ?? [];
    if (path === undefined) return [];
    const own = relative(program, path);
    return OWN_NAME.test(own) && existsSync(path) ? [`${own}:${row}:${place}`] : [];
  });
}
