import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this package and, beside it, the libraries. */
const PROGRAM = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
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
