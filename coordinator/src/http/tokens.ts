/** Injection tokens of what has no class of its own. */
export const DATABASE = Symbol('Database');
export const LOG = Symbol('Logger');
export const CONFIG = Symbol('CoordinatorConfig');
