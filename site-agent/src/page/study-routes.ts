import { ConsiliumError } from '@consilium/protocol';
import { approvedStudy } from '../approval/index.js';
import { describeStudy } from '../cli/describe-study.js';
import { approveStudy, pauseStudy, resumeStudy, withdrawStudy } from '../decisions/index.js';
import { listStudies, saveVote, studyByPrefix } from '../state/index.js';
import { confirmedBy, given, keyOf, studyOf, type PageDesk } from './page-desk.js';
import { done, page, type PageReply, type PageRequest } from './page-reply.js';
import { reviewStudy } from './study-review.js';
import { studiesView } from './views/studies.js';
import { studyView } from './views/study.js';

export async function studiesPage(desk: PageDesk): Promise<PageReply> {
  const { altered, note } = await desk.askForProposals();
  const studies = await desk.read((state) => listStudies(state).map((stored) => describeStudy(state, stored)));
  return page({ title: 'Approvals', place: '/', body: studiesView(studies, altered, note) });
}

export function studyPage(desk: PageDesk, { parts: [hash = ''], query, session }: PageRequest): Promise<PageReply> {
  return desk.read(async (state, config) => {
    const other = query.get('diff');
    const review = await reviewStudy(state, config, studyOf(state, hash), other === null ? undefined : studyByPrefix(state, other));
    const forms = { csrf: session.csrf, officers: config.officers.map(({ name }) => name) };
    return page({ title: review.study.name, place: '/', body: studyView(review, forms) });
  });
}

/** Signed over the hash in the form's own address, which is the one that was shown. */
export function decideOnStudy(desk: PageDesk, { parts: [hash = '', act = ''], form }: PageRequest): Promise<PageReply> {
  const { signal } = desk;
  const back = (notice: string) => done(`/studies/${hash}`, notice);
  const signed = async (work: Parameters<PageDesk['decide']>[0]): Promise<PageReply> => (await desk.decide(work)) as PageReply;
  switch (act) {
    case 'approve':
      return signed(async (member) => {
        const stored = studyOf(member.state, hash);
        const wish = {
          epsilonLimit: given(form, 'epsilonLimit'),
          until: given(form, 'until'),
          release: given(form, 'release'),
          reason: given(form, 'reason'),
          key: keyOf(form),
        };
        const { study, statement, warnings } = await approveStudy(member, stored, wish, ({ name }) => confirmedBy(form, name), signal);
        const by = statement.officer ? "an officer's key and this site's" : "this site's key";
        return back([`Approved ${study.name} (${hash.slice(0, 8)}), signed with ${by}.`, ...warnings].join(' '));
      });
    case 'withdraw':
      return signed(async (member) => {
        const study = studyOf(member.state, hash).hash;
        const { spent } = await withdrawStudy(member, { hash: study, key: keyOf(form), signal }, () => confirmedBy(form, hash.slice(0, 8)));
        return back(`Withdrew the approval: this site takes part in no further step. ${spent.sentence}`);
      });
    case 'pause':
      return signed(async (member) => {
        const { kept, spent } = await pauseStudy(member, { hash: studyOf(member.state, hash).hash, key: keyOf(form), signal });
        return back(`${kept ? 'Was paused already' : 'Paused'}: this site takes part in no step until it is resumed. ${spent.sentence}`);
      });
    case 'resume':
      return signed(async (member) => {
        const paused = await resumeStudy(member, { hash: studyOf(member.state, hash).hash, key: keyOf(form), signal });
        return back(paused ? 'Resumed: this site takes part again, from the next round on.' : 'The study is not paused at this site.');
      });
    case 'release':
      return desk.read((state, config) => {
        const { study } = approvedStudy(state, studyOf(state, hash).hash, config);
        const vote = given(form, 'vote') === 'no' ? 'no' : 'yes';
        confirmedBy(form, study.name);
        saveVote(state, studyOf(state, hash).hash, vote);
        return back(`Recorded the vote "${vote}". The running agent signs and sends it when the study asks for it.`);
      });
    default:
      throw new ConsiliumError({
        code: 'PAGE_UNKNOWN',
        errorClass: 'usage',
        message: 'There is no such decision.',
        fix: 'Go back to the study.',
      });
  }
}
