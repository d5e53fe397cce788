import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * A database that compiles each statement once: the steps of a round prepare the same ones over and over, and compiling
 * one costs more than carrying it out. Each is run to its end at once (`run`, `get`, `all`), so that none is in use when
 * it is handed out again.
 */
export class StatementKeeper extends DatabaseSync {
  readonly #statements = new Map<string, StatementSync>();

  override prepare(sql: string): StatementSync {
    const kept = this.#statements.get(sql) ?? super.prepare(sql);
    this.#statements.set(sql, kept);
    return kept;
  }

  override close(): void {
    this.#statements.clear();
    super.close();
  }
}
