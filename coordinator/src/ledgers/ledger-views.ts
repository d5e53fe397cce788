import { ledgerNotes, type Database } from '../storage/index.js';
import type { LedgerMirror } from './ledger-mirror.js';
import type { LedgerView } from './ledger-view.js';
import { ledgerView } from './view-ledger.js';

/**
 * Every mirrored ledger as people see it, each worked out once for what is stored of it: to fold the ledgers of fifty
 * hospitals anew for everybody who looks takes seconds.
 */
export class LedgerViews {
  readonly #known = new Map<string, { readonly revision: string; readonly view: LedgerView }>();

  constructor(
    private readonly db: Database,
    private readonly mirror: LedgerMirror,
  ) {}

  async list(): Promise<readonly LedgerView[]> {
    const views: LedgerView[] = [];
    for (const note of await ledgerNotes(this.db)) {
      const name = `${note.site}/${note.population}`;
      const revision = `${this.mirror.revisionOf(note)} ${note.size} ${note.at.getTime()}`;
      const known = this.#known.get(name);
      if (known?.revision === revision) {
        views.push(known.view);
        continue;
      }
      const ledger = await this.mirror.mirrored(note);
      if (!ledger) continue;
      const view = ledgerView(ledger);
      this.#known.set(name, { revision, view });
      views.push(view);
    }
    return views;
  }
}
