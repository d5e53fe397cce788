// Writes docs/permissions.md from the decorators of the built coordinator. A test compares the two.
import { writeFileSync } from 'node:fs';
import { permissionPage, routesOf } from '../coordinator/dist/src/access/index.js';
import { CONTROLLERS } from '../coordinator/dist/src/app.module.js';

writeFileSync(new URL('../docs/permissions.md', import.meta.url), permissionPage(routesOf(CONTROLLERS)));
