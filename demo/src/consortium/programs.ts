import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this repository: the nearest one above this file that holds the workspaces. */
export const PROJECT_ROOT = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'tsconfig.base.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
})();

/** The built programs, as people run them. */
export const PROGRAMS = {
  coordinator: join(PROJECT_ROOT, 'coordinator/dist/program/consilium-coordinator.js'),
  consilium: join(PROJECT_ROOT, 'coordinator/dist/program/consilium.js'),
  site: join(PROJECT_ROOT, 'site-agent/dist/program/consilium-site.js'),
} as const;
