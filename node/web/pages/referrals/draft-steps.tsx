import { isUuid } from '../../../../protocol/ids.ts';
import type { PatientRecord } from '../../../records/model.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { DraftFields } from '../../../referrals/drafts/draft-fields.ts';
import type { ReferralDraft } from '../../../referrals/drafts/drafts.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import type { Child } from 'hono/jsx';
import { ErrorSummary, Submit, type FormErrors } from '../../components/form.tsx';
import { Steps, type Step } from '../../components/panel.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { DraftNotice } from '../patients/draft-notice.tsx';
import { ChartBanner } from '../patients/patient-banner.tsx';
import { actorOf } from './referral-of.ts';

/*
 * A new referral in four steps (screen 6). Each step is a page of its own over one draft on the server: the back button,
 * a second tab and a form that is sent twice all meet the same draft, and nothing that was told is asked again. Saving a
 * step twice changes nothing, and saving it otherwise after going back changes the draft: so these forms are no `Once`.
 */
export const stepNames = ['to', 'why', 'what', 'sign'] as const;
export type StepName = (typeof stepNames)[number];

const titles: Readonly<Record<StepName, string>> = {
  to: 'To whom',
  why: 'Why',
  what: 'What goes along',
  sign: 'Check and sign',
};

/** A draft with the record it is about, once the journal says that it was looked at. */
export interface OpenedDraft {
  readonly draft: ReferralDraft;
  readonly record: PatientRecord;
}

/** Opens the draft that the path names; one that was sent leads to its referral. */
export async function withDraft(
  visit: Visit,
  desk: DeskServices,
  work: (opened: OpenedDraft) => Promise<Answer>,
): Promise<Answer> {
  const id = visit.param('draft');
  if (!isUuid(id)) throw new OperationError('not-found', 'unknown-draft', 'There is no such draft of yours.');
  const draft = await desk.referralDesk.drafts.get(id, actorOf(visit));
  if (draft.sent !== undefined) return seeOther(url('sent', { referral: draft.sent }));
  await desk.access.note(visit.user, { kind: 'patient', id: draft.patient }, 'view');
  return work({ draft, record: await desk.patients.get(draft.patient) });
}

export function stepUrl(step: StepName, draft: string): string {
  return url(`referral-${step}`, { draft });
}

/** The first step before `step` that says too little to go on. */
export function unfinishedBefore(step: StepName, fields: DraftFields): StepName | undefined {
  const done: Readonly<Record<StepName, boolean>> = {
    to: fields.to !== undefined,
    why: fields.question !== undefined && fields.reason !== undefined && fields.priority !== undefined,
    what: fields.consultations !== undefined && fields.attachments !== undefined,
    sign: true,
  };
  return stepNames.slice(0, stepNames.indexOf(step)).find((one) => !done[one]);
}

export interface StepPageProps {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly step: StepName;
  readonly record: PatientRecord;
  readonly draft: ReferralDraft | undefined;
  readonly errors: FormErrors;
  readonly status?: 409 | 422;
  readonly scripts?: readonly string[];
  readonly children: Child;
}

/** The frame of each step: about whom, where one is, what was wrong; then the form. */
export function stepPage(props: StepPageProps): Answer {
  const { visit, desk, step, record, draft, errors, status, scripts = [], children } = props;
  return page(
    {
      title: `New referral: ${titles[step]}`,
      scripts,
      ...(status === undefined ? {} : { status }),
    },
    <>
      <ChartBanner record={record} visit={visit} desk={desk} heading={false} />
      <h1>New referral: {titles[step].toLowerCase()}</h1>
      <ErrorSummary errors={errors} title="Not sent yet: something is missing" />
      <DraftNotice visit={visit} desk={desk} />
      <Steps label="Steps of a new referral" steps={stepsOf(step, draft)} />
      {children}
      {draft === undefined ? null : (
        <form method="post" action={url('referral-discard', { draft: draft.id })} class="after">
          <input type="hidden" name="once" value={desk.random.uuid()} />
          <Submit tone="danger" novalidate>
            Throw this draft away
          </Submit>
        </form>
      )}
    </>,
  );
}

function stepsOf(current: StepName, draft: ReferralDraft | undefined): readonly Step[] {
  const at = stepNames.indexOf(current);
  return stepNames.map((name, i) => {
    const isOpen = draft !== undefined && i !== at && unfinishedBefore(name, draft.fields) === undefined;
    return {
      label: isOpen ? <a href={stepUrl(name, draft.id)}>{titles[name]}</a> : titles[name],
      state: i < at ? 'done' : i === at ? 'current' : 'waiting',
    };
  });
}
