import { PRODUCT_VERSION } from '@consilium/protocol';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ATTEMPT_FAILURES } from '../rounds/study-event.js';

const REQUEST_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];
const PHASE_SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_000];

/** `late` came when the list was closed, `rejected` was not what it said it was; both were thrown away. */
const CONTRIBUTION_OUTCOMES = ['counted', 'late', 'refused', 'rejected'] as const;
export type ContributionOutcome = (typeof CONTRIBUTION_OUTCOMES)[number];

/**
 * What the coordinator tells Prometheus (names of UX.md section 3). One object for the whole process, made where the
 * process is put together, so that two coordinators in one test do not share counters. Labels never carry a person, a
 * path or a study.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #beforeScrape: (() => Promise<void> | void)[] = [];

  readonly sites = this.#gauge('consilium_sites', 'Sites by state.', ['state']);
  readonly siteLastSeen = this.#gauge('consilium_site_last_seen_timestamp_seconds', 'When a site was last heard from.', ['site']);
  readonly siteCertificateExpiry = this.#gauge('consilium_site_certificate_expiry_timestamp_seconds', "When a site's certificate ends.", [
    'site',
  ]);
  readonly studies = this.#gauge('consilium_studies', 'Studies by state.', ['state']);
  readonly roundsActive = this.#gauge('consilium_rounds_active', 'Rounds under way.', []);
  readonly rounds = this.#counter('consilium_rounds_total', 'Rounds that ended, by outcome.', ['outcome']);
  readonly roundFailures = this.#counter('consilium_round_failures_total', 'Attempts at a round that failed, by reason.', ['reason']);
  readonly roundPhaseDuration = this.#histogram(
    'consilium_round_phase_duration_seconds',
    'How long the phases of a round took.',
    ['phase'],
    PHASE_SECONDS,
  );
  readonly contributions = this.#counter('consilium_contributions_total', 'Contributions by outcome: counted, late, refused, rejected.', [
    'outcome',
  ]);
  readonly refusals = this.#counter('consilium_refusals_total', 'Refusals of sites, by code.', ['code']);
  readonly uploadBytes = this.#counter('consilium_upload_bytes_total', 'Bytes of uploads that were received.', []);
  readonly uploadResumes = this.#counter('consilium_upload_resumes_total', 'Uploads that went on after a break.', []);
  readonly foldDuration = this.#histogram('consilium_fold_duration_seconds', 'How long adding up a round took.', [], PHASE_SECONDS);
  readonly foldBytes = this.#counter('consilium_fold_bytes_total', 'Bytes of ciphertexts that were added up.', []);
  readonly spoolBytes = this.#gauge('consilium_spool_bytes', 'Bytes in the spool.', []);
  readonly spoolFreeBytes = this.#gauge('consilium_spool_free_bytes', 'Bytes that are free where the spool is.', []);
  readonly stateDisagreements = this.#counter('consilium_state_disagreements_total', 'Sites whose state differed from the agreed one.', []);
  readonly ledgerMirrorEntries = this.#counter(
    'consilium_ledger_mirror_entries_total',
    'Entries of ledgers that sites sent: stored, or refused because they do not follow.',
    ['result'],
  );
  readonly ledgerMirrorLag = this.#gauge(
    'consilium_ledger_mirror_lag_seconds',
    "How long after it was written the newest entry of a site's ledgers reached the mirror, by the site's clock.",
    ['site'],
  );
  readonly approvalsPending = this.#gauge('consilium_approvals_pending', 'Approvals that studies wait for.', []);
  readonly grpcRequests = this.#counter('consilium_grpc_requests_total', 'gRPC calls by method and code.', ['method', 'code']);
  readonly grpcDuration = this.#histogram(
    'consilium_grpc_request_duration_seconds',
    'How long gRPC calls took.',
    ['method'],
    REQUEST_SECONDS,
  );
  readonly auditEvents = this.#counter('consilium_audit_events_total', 'Entries of the audit log, by action.', ['action']);
  readonly httpDuration = this.#histogram(
    'consilium_http_request_duration_seconds',
    'How long HTTP requests took.',
    ['route', 'method', 'code'],
    REQUEST_SECONDS,
  );

  readonly sseClients = this.#gauge('consilium_sse_clients', 'Live views that are open.', []);

  constructor() {
    this.#gauge('consilium_build_info', 'Version of the coordinator.', ['version']).set({ version: PRODUCT_VERSION }, 1);
    collectDefaultMetrics({ register: this.registry });
    this.#beginAtZero();
  }

  /** An alert on growth sees nothing of a series that begins at one: what alerts watch is there from the start. */
  #beginAtZero(): void {
    for (const outcome of ['done', 'failed']) this.rounds.inc({ outcome }, 0);
    for (const reason of ATTEMPT_FAILURES) this.roundFailures.inc({ reason }, 0);
    for (const outcome of CONTRIBUTION_OUTCOMES) this.contributions.inc({ outcome }, 0);
    for (const result of ['stored', 'refused']) this.ledgerMirrorEntries.inc({ result }, 0);
  }

  /** Registers what brings gauges up to date before they are read. */
  beforeScrape(update: () => Promise<void> | void): void {
    this.#beforeScrape.push(update);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The exposition text. */
  async text(): Promise<string> {
    await Promise.all(this.#beforeScrape.map(async (update) => update()));
    return this.registry.metrics();
  }

  #gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #histogram<L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]): Histogram<L> {
    return new Histogram({ name, help, labelNames: [...labelNames], buckets, registers: [this.registry] });
  }
}
