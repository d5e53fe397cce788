import { Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { Permit, TryLater } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import type { NoticeKind } from '../notices/index.js';
import { addNotice, listenersOf, type Database } from '../storage/index.js';
import { StudyDesk } from './study-desk.js';
import { StudyId, studyOfId } from './study-id.js';
import type { StudyView } from './study-views.js';
import { DATABASE } from './tokens.js';

const Reminded = z.object({
  /** Addresses of e-mail that are told once more. */
  mails: z.int(),
  webhooks: z.int(),
});
type Reminded = z.infer<typeof Reminded>;

const DAY_MS = 86_400_000;

/** Tells those whom a study waits for once more, by the outbox of notices; a study and a day at most once. */
@ApiTags('studies')
@ApiBearerAuth()
@Permit('researcher')
@Controller('api/v1/studies')
export class RemindersController {
  constructor(
    @Inject(StudyDesk) private readonly desk: StudyDesk,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Post(':id/reminder')
  @Audited('study.remind')
  @HttpCode(202)
  @ApiOperation({ summary: 'Tells whoever a study waits for once more: approvals, or votes on the release. At most once a day (UTC).' })
  @ApiResponse({ status: 202, standardSchema: Reminded })
  async remind(@Param('id', { schema: StudyId }) id: string, @TheChange() change: Change): Promise<Reminded> {
    const hash = await studyOfId(this.db, id);
    change.note({ subject: `study:${hash}` });
    const kind = waitedFor(await this.desk.view(hash));
    if (kind === undefined) throw nobodyWaitedFor();
    const told = await listenersOf(this.db, kind);
    if (told.mails + told.webhooks === 0) throw nobodyListens();
    const at = new Date();
    if (!(await addNotice(this.db, { key: reminderKey(kind, hash, at), kind, link: linkOf(kind, hash), at }))) throw oncePerDay(at);
    return told;
  }
}

/** What the study waits for that people decide at the sites; undefined where it is nothing of the kind. */
function waitedFor({ state, approvals, sites }: Pick<StudyView, 'state' | 'approvals' | 'sites'>): NoticeKind | undefined {
  if (state === 'releasing') return 'release-vote-needed';
  return state === 'proposed' && approvals.length < sites.length ? 'approval-needed' : undefined;
}

const reminderKey = (kind: NoticeKind, hash: StudyHash, at: Date) => `${kind}/${hash}/again/${at.toISOString().slice(0, 10)}`;
const linkOf = (kind: NoticeKind, hash: StudyHash) => `/studies/${hash}${kind === 'release-vote-needed' ? '/model' : ''}`;

const nobodyWaitedFor = () =>
  new ConsiliumError({
    code: 'NOBODY_WAITED_FOR',
    errorClass: 'refused',
    message: 'The study waits for nobody who decides at a site.',
    fix: 'Look at its page: it says what happens next.',
  });

const nobodyListens = () =>
  new ConsiliumError({
    code: 'NOBODY_LISTENS',
    errorClass: 'refused',
    message: 'No e-mail address and no webhook is set for this kind of notice, so a reminder would reach nobody.',
    fix: 'An admin sets one (Settings, Notices); until then write to the officers yourself.',
  });

const oncePerDay = (at: Date) =>
  new TryLater('RATE_LIMITED', 'They were reminded today already.', Math.ceil((DAY_MS - (at.getTime() % DAY_MS)) / 1_000));
