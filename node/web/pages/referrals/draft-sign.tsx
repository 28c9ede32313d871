import { OperationError } from '../../../platform/operation-error.ts';
import type { ReferralPreview } from '../../../referrals/referrals.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import { Checkboxes, Hidden, Submit, type FormErrors } from '../../components/form.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { StateTag } from '../../components/tag.tsx';
import { Foreign, When, bytesWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { forgetDraft } from '../patients/draft-notice.tsx';
import { submitOnce } from '../../submit-once.ts';
import { Deadline } from './deadline.tsx';
import { ownFiles } from './choosable.ts';
import { stepPage, stepUrl, unfinishedBefore, withDraft, type OpenedDraft } from './draft-steps.tsx';
import { GroundFields } from './ground-fields.tsx';
import { ownPlace } from './own-files.ts';
import { PolicePreview } from './police-preview.tsx';
import { actorOf, titleOf } from './referral-of.ts';
import { ReviewBanner, ReviewBody } from './review-body.tsx';
import { groundFaults, groundOf, readGround, sendingOf, type Ground } from './sending-of.ts';

/** The last step: what the receiver will see, what is missing, by what right; then the signature (screen 6). */
export function signStep(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, async (opened) => {
    const before = unfinishedBefore('sign', opened.draft.fields);
    if (before !== undefined) return seeOther(stepUrl(before, opened.draft.id));
    const zone = await desk.settings.zone();
    const given = visit.draft === undefined ? groundOf(opened.draft.fields, visit.now, zone) : readGround(visit.draft);
    return signPage(visit, desk, opened, given, { errors: [] });
  });
}

/**
 * Signs and sends what was shown. Where the ground was changed on this very page, the draft in another tab or the record
 * by a colleague, nothing is sent: the new preview is shown first.
 */
export function sendDraft(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, async (opened) => {
    const { draft } = opened;
    const form = await visit.form();
    const given = readGround(form);
    const zone = await desk.settings.zone();
    const errors = [...groundFaults(given, visit.now, zone), ...signatureFault(form)];
    if (errors.length > 0) return signPage(visit, desk, opened, given, { errors, status: 422 });
    if (JSON.stringify(groundOf(draft.fields, visit.now, zone)) !== JSON.stringify(given)) {
      await desk.referralDesk.drafts.save(draft.id, actorOf(visit), given);
      return seeOther(url('referral-sign', { draft: draft.id }, { changed: 'ground' }));
    }
    return send(visit, desk, opened, given, form);
  });
}

async function send(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedDraft,
  given: Ground,
  form: FormFields,
): Promise<Answer> {
  const { draft } = opened;
  const author = actorOf(visit);
  try {
    await desk.access.note(visit.user, { kind: 'patient', id: draft.patient }, 'refer');
    const version = Number(form.get('version'));
    const zone = await desk.settings.zone();
    const sending = { ...sendingOf(draft, given, { author, zone }), seen: form.get('seen') };
    const referral = await desk.referralDesk.drafts.send(draft.id, author, version, sending);
    await forgetDraft(visit, desk);
    return seeOther(url('sent', { referral }));
  } catch (error) {
    if (!(error instanceof OperationError) || error.kind === 'denied') throw error;
    const errors = [{ field: 'signed', message: error.message }];
    const status = error.kind === 'invalid' ? 422 : 409;
    return signPage(visit, desk, opened, given, { errors, status });
  }
}

function signatureFault(form: FormFields): FormErrors {
  return form.get('signed') === 'yes' ? [] : [{ field: 'signed', message: 'Tick that you sign the referral' }];
}

interface Told {
  readonly errors: FormErrors;
  readonly status?: 409 | 422;
}

async function signPage(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedDraft,
  given: Ground,
  { errors, status }: Told,
): Promise<Answer> {
  const { draft, record } = opened;
  const hospital = titleOf(desk, draft.fields.to ?? '');
  let preview: ReferralPreview;
  try {
    const zone = await desk.settings.zone();
    preview = await desk.referrals.preview(sendingOf(draft, given, { author: actorOf(visit), zone }));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return cannotPage(opened, error);
  }
  const placeOf = ownPlace(await ownFiles(desk, draft.patient, draft.fields.attachments ?? []));
  return stepPage({
    visit,
    desk,
    step: 'sign',
    record,
    draft,
    errors,
    ...(status === undefined ? {} : { status }),
    children: (
      <>
        {visit.query.get('changed') === 'ground' ? (
          <Notice tone="amber" role="status" title="The ground was changed: nothing was sent yet">
            <p>Look at the preview again, then sign.</p>
          </Notice>
        ) : null}
        <Warnings preview={preview} />
        <Section
          title={
            <>
              What <Foreign text={hospital} /> will see
            </>
          }
          id="preview"
        >
          <p class="hint">
            Made by the same program that shows a received referral, from the document that will be signed.
          </p>
          <div class="preview" role="region" aria-label="Preview" tabindex={0}>
            <ReviewBanner review={preview.review} now={visit.now} heading={false} />
            <Deadline state="draft" expiresAt={preview.review.order.expiresAt} now={visit.now} />
            <ReviewBody review={preview.review} placeOf={placeOf} />
          </div>
        </Section>
        {isPoliceCase(opened) ? <PolicePreview visit={visit} desk={desk} patient={draft.patient} /> : null}
        <SignForm visit={visit} opened={opened} given={given} errors={errors} hospital={hospital} preview={preview} />
      </>
    ),
  });
}

function Warnings({ preview }: { readonly preview: ReferralPreview }) {
  return (
    <>
      {preview.open.length === 0 ? null : (
        <Notice tone="amber" title="This patient is referred to this hospital already">
          <ul>
            {preview.open.map(({ id, number, state, createdAt }) => (
              <li>
                <a href={url('sent', { referral: id })}>
                  <Foreign text={number} />
                </a>{' '}
                of <When at={createdAt} />: <StateTag state={state} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {preview.missing.length === 0 ? null : (
        <Notice tone="amber" title="Usually needed, and not found in this referral">
          <ul>
            {preview.missing.map((item) => (
              <li>{item}</li>
            ))}
          </ul>
          <p>You can send it all the same: what is not there may not exist.</p>
        </Notice>
      )}
    </>
  );
}

function isPoliceCase({ draft, record }: OpenedDraft): boolean {
  return record.details.policeCase || draft.fields.policeCase === true;
}

interface SignFormProps {
  readonly visit: Visit;
  readonly opened: OpenedDraft;
  readonly given: Ground;
  readonly errors: FormErrors;
  readonly hospital: string;
  readonly preview: ReferralPreview;
}

function SignForm({ visit, opened, given, errors, hospital, preview }: SignFormProps) {
  const { draft } = opened;
  return (
    <form method="post" action={url('referral-send', { draft: draft.id })} class="panel" data-draft="off">
      <Hidden name="version" value={String(draft.version)} />
      <Hidden name="seen" value={preview.mark} />
      <GroundFields given={given} errors={errors} />
      <h2>Sign and send</h2>
      <p>
        To <Foreign text={hospital} />: {bytesWords(preview.totalBytes)} in all, of which{' '}
        {bytesWords(preview.documentBytes)} are the document.
        {isPoliceCase(opened) ? ' The mark of a police case goes along. After sending you can tell the police.' : ''}
      </p>
      <Checkboxes
        name="signed"
        label="Signature"
        required
        errors={errors}
        choices={[
          {
            value: 'yes',
            label: (
              <>
                I, <Foreign text={visit.user.name} />, have read what will be seen and sign this referral.
              </>
            ),
          },
        ]}
      />
      <Submit>Sign and send</Submit>
    </form>
  );
}

/** What keeps the referral from being composed, in words, with the step that mends it. */
function cannotPage({ draft }: OpenedDraft, error: OperationError): Answer {
  return page(
    { title: 'New referral: not possible yet', status: 422 },
    <div class="narrow">
      <h1>This referral cannot be made yet</h1>
      <Notice tone="amber" role="alert">
        <p>{error.message}</p>
        <p>Nothing was sent, and the draft is kept.</p>
      </Notice>
      <ul>
        <li>
          <a href={stepUrl('to', draft.id)}>Choose another hospital</a>
        </li>
        <li>
          <a href={stepUrl('what', draft.id)}>Change what goes along</a>
        </li>
        <li>
          <a href={url('patient', { patient: draft.patient })}>Open the patient’s record</a>
        </li>
      </ul>
    </div>,
  );
}

/** The draft goes; the patient's record stays as it is. */
export async function discardDraft(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, ({ draft }) =>
    submitOnce(visit, async () => {
      await desk.referralDesk.drafts.discard(draft.id, actorOf(visit));
      return url('patient', { patient: draft.patient });
    }),
  );
}
