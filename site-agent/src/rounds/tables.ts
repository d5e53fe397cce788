/** The tables of a study's rounds, one SQL statement each; the state's migrations run them. */
export const ROUND_TABLES: readonly string[] = [];
