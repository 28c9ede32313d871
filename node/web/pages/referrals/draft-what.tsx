import type { PatientId } from '../../../records/model.ts';
import { seeOther, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { forgetDraft } from '../patients/draft-notice.tsx';
import { readPlace, writePlace } from '../patients/list-place.ts';
import {
  choicesMax,
  minimumNeeded,
  newest,
  ownConsultations,
  ownFiles,
  readChoosable,
  type Chosen,
} from './choosable.ts';
import { stepPage, stepUrl, unfinishedBefore, withDraft, type OpenedDraft } from './draft-steps.tsx';
import { actorOf } from './referral-of.ts';
import { WhatForm } from './what-form.tsx';

/** The third step: which consultations and files go along, with what each weighs. */
export function whatStep(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, async (opened) => {
    const before = unfinishedBefore('what', opened.draft.fields);
    if (before !== undefined) return seeOther(stepUrl(before, opened.draft.id));
    return whatPage(visit, desk, opened);
  });
}

export function saveWhat(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, async ({ draft }) => {
    const form = await visit.form();
    const preset = form.get('preset');
    const chosen =
      preset === 'all'
        ? await newest(desk, draft.patient)
        : preset === 'minimum'
          ? await minimumNeeded(desk, draft.patient)
          : await joined(desk, draft.patient, await heldOf(desk, draft), form);
    await desk.referralDesk.drafts.save(draft.id, actorOf(visit), chosen);
    await forgetDraft(visit, desk);
    if (preset === 'older') return seeOther(olderUrl(draft.id, form));
    return seeOther(stepUrl(preset === 'all' || preset === 'minimum' ? 'what' : 'sign', draft.id));
  });
}

/** What was ticked on this page, with what is chosen on others; what is not this patient's was on none. */
async function joined(desk: DeskServices, patient: PatientId, held: Chosen, form: FormFields): Promise<Chosen> {
  const elsewhere = (name: keyof Chosen): readonly string[] => {
    const shown = form.get(`shown-${name}`).split(' ');
    return held[name].filter((id) => !shown.includes(id));
  };
  const ticked = (name: keyof Chosen): readonly string[] => form.all(name).slice(0, choicesMax);
  const consultations = await ownConsultations(desk, patient, ticked('consultations'));
  const attachments = await ownFiles(desk, patient, ticked('attachments'));
  return {
    consultations: [...consultations.map(({ id }) => id), ...elsewhere('consultations')],
    attachments: [...attachments.map(({ id }) => id), ...elsewhere('attachments')],
  };
}

async function heldOf(desk: DeskServices, { fields, patient }: OpenedDraft['draft']): Promise<Chosen> {
  const { consultations, attachments } = fields;
  return consultations === undefined || attachments === undefined
    ? await minimumNeeded(desk, patient)
    : { consultations, attachments };
}

async function whatPage(visit: Visit, desk: DeskServices, { draft, record }: OpenedDraft): Promise<Answer> {
  const place = {
    consultations: readPlace(visit.query.get('consultations')),
    attachments: readPlace(visit.query.get('attachments')),
  };
  const all = await readChoosable(desk, draft.patient, place);
  const held = await heldOf(desk, draft);
  const chosen =
    visit.draft === undefined
      ? held
      : { consultations: visit.draft.all('consultations'), attachments: visit.draft.all('attachments') };
  const isShown = new Set<string>(all.attachments.attachments.map(({ id }) => id));
  const elsewhere = await ownFiles(
    desk,
    draft.patient,
    held.attachments.filter((id) => !isShown.has(id)),
  );
  return stepPage({
    visit,
    desk,
    step: 'what',
    record,
    draft,
    errors: [],
    scripts: ['review'],
    children: <WhatForm draft={draft} all={all} place={place} chosen={chosen} elsewhere={elsewhere} />,
  });
}

function olderUrl(draft: string, form: FormFields): string {
  const [consultations, attachments] = [
    readPlace(form.get('older-consultations')),
    readPlace(form.get('older-attachments')),
  ];
  return url(
    'referral-what',
    { draft },
    {
      consultations: consultations === undefined ? undefined : writePlace(consultations),
      attachments: attachments === undefined ? undefined : writePlace(attachments),
    },
  );
}
