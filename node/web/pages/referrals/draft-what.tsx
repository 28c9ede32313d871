import type { Attachment, Consultation } from '../../../records/model.ts';
import { seeOther, type Answer } from '../../answer.ts';
import { Checkboxes, Submit, type Choice } from '../../components/form.tsx';
import { EmptyState } from '../../components/panel.tsx';
import { Foreign, When, bytesWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { forgetDraft } from '../patients/draft-notice.tsx';
import { stepPage, stepUrl, unfinishedBefore, withDraft, type OpenedDraft } from './draft-steps.tsx';
import { actorOf } from './referral-of.ts';

/** What can go along with a referral, beside the patient's record itself. */
interface Choosable {
  readonly consultations: readonly Consultation[];
  readonly attachments: readonly Attachment[];
}

interface Chosen {
  readonly consultations: readonly string[];
  readonly attachments: readonly string[];
}

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
    const all = await choosableOf(desk, draft.patient);
    const preset = form.get('preset');
    const ticked = { consultations: form.all('consultations'), attachments: form.all('attachments') };
    const wanted = preset === 'all' ? everything(all) : preset === 'minimum' ? minimumNeeded(all) : ticked;
    // What is not this patient's was not on the page: it is left out.
    const chosen = {
      consultations: all.consultations.map(({ id }) => id as string).filter((id) => wanted.consultations.includes(id)),
      attachments: all.attachments.map(({ id }) => id as string).filter((id) => wanted.attachments.includes(id)),
    };
    await desk.referralDesk.drafts.save(draft.id, actorOf(visit), chosen);
    await forgetDraft(visit, desk);
    return seeOther(stepUrl(preset === 'all' || preset === 'minimum' ? 'what' : 'sign', draft.id));
  });
}

export async function choosableOf(desk: DeskServices, patient: OpenedDraft['draft']['patient']): Promise<Choosable> {
  return {
    consultations: await desk.consultations.list(patient),
    attachments: await desk.attachments.list(patient),
  };
}

/** The last consultation and its files: what the question can hardly be answered without. */
function minimumNeeded({ consultations, attachments }: Choosable): Chosen {
  const last = consultations[0];
  return {
    consultations: last === undefined ? [] : [last.id],
    attachments: attachments
      .filter(({ consultation }) => consultation !== undefined && consultation === last?.id)
      .map(({ id }) => id),
  };
}

function everything({ consultations, attachments }: Choosable): Chosen {
  return { consultations: consultations.map(({ id }) => id), attachments: attachments.map(({ id }) => id) };
}

async function whatPage(visit: Visit, desk: DeskServices, { draft, record }: OpenedDraft): Promise<Answer> {
  const all = await choosableOf(desk, draft.patient);
  const { consultations, attachments } = draft.fields;
  const held =
    consultations === undefined || attachments === undefined ? minimumNeeded(all) : { consultations, attachments };
  const chosen =
    visit.draft === undefined
      ? held
      : { consultations: visit.draft.all('consultations'), attachments: visit.draft.all('attachments') };
  const size = all.attachments
    .filter(({ id }) => chosen.attachments.includes(id))
    .reduce((sum, one) => sum + one.size, 0);
  return stepPage({
    visit,
    desk,
    step: 'what',
    record,
    draft,
    errors: [],
    scripts: ['review'],
    children: (
      <form method="post" action={url('referral-what-save', { draft: draft.id })} class="measure" data-draft>
        <p>
          The patient’s record always goes along: who it is, bystander, insurance, allergies, conditions, medicines,
          what was before, and the notes.
        </p>
        <div class="actions">
          <Submit tone="second" name="preset" value="minimum">
            Minimum needed
          </Submit>
          <Submit tone="second" name="preset" value="all">
            Everything
          </Submit>
        </div>
        {all.consultations.length === 0 ? (
          <EmptyState title="No consultation is recorded">
            <p>
              <a href={url('consultation-new', { patient: draft.patient })}>Record one</a> to send what was found.
            </p>
          </EmptyState>
        ) : (
          <Checkboxes
            name="consultations"
            label={`Consultations (${all.consultations.length})`}
            values={chosen.consultations}
            choices={all.consultations.map(consultationChoice)}
          />
        )}
        {all.attachments.length === 0 ? (
          <p class="quiet">No files are held of this patient.</p>
        ) : (
          <Checkboxes
            name="attachments"
            label={`Images and files (${all.attachments.length})`}
            values={chosen.attachments}
            choices={all.attachments.map(attachmentChoice)}
          />
        )}
        <p>
          Files that go along, as ticked when this page came: <strong id="files-size">{bytesWords(size)}</strong>.
        </p>
        <Submit>Go on</Submit>
      </form>
    ),
  });
}

function consultationChoice({ id, at, reason, diagnoses, practitioner }: Consultation): Choice {
  return {
    value: id,
    label: (
      <>
        <When at={at} show="date" />: <Foreign text={reason} />
      </>
    ),
    hint: <Foreign text={[...diagnoses, practitioner].filter((one) => one !== '').join('; ')} />,
  };
}

function attachmentChoice({ id, title, contentType, size, createdAt }: Attachment): Choice {
  return {
    value: id,
    label: <Foreign text={title} />,
    hint: (
      <span data-bytes={String(size)}>
        <Foreign text={contentType} />, {bytesWords(size)}, <When at={createdAt} show="date" />
      </span>
    ),
  };
}
