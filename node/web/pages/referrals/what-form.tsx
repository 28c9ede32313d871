import type { Attachment, Consultation } from '../../../records/model.ts';
import { Checkboxes, Hidden, Submit, type Choice } from '../../components/form.tsx';
import { EmptyState } from '../../components/panel.tsx';
import { Foreign, When, bytesWords } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import { writePlace } from '../patients/list-place.ts';
import { choicesMax, type Choosable, type ChoicePlace, type Chosen } from './choosable.ts';
import type { OpenedDraft } from './draft-steps.tsx';

export interface WhatFormProps {
  readonly draft: OpenedDraft['draft'];
  readonly all: Choosable;
  readonly place: ChoicePlace;
  readonly chosen: Chosen;
  /** Files that were chosen on other pages. */
  readonly elsewhere: readonly Attachment[];
}

/** Ticks for a page of consultations and files, with what each weighs. */
export function WhatForm({ draft, all, place, chosen, elsewhere }: WhatFormProps) {
  const { consultations } = all.consultations;
  const { attachments } = all.attachments;
  const older = olderOf(all, place);
  const isFirst = place.consultations === undefined && place.attachments === undefined;
  const sizeOf = (files: readonly Attachment[]): number => files.reduce((sum, { size }) => sum + size, 0);
  const ticked = attachments.filter(({ id }) => chosen.attachments.includes(id));
  return (
    <form method="post" action={url('referral-what-save', { draft: draft.id })} class="measure" data-draft>
      <Hidden name="shown-consultations" value={consultations.map(({ id }) => id).join(' ')} />
      <Hidden name="shown-attachments" value={attachments.map(({ id }) => id).join(' ')} />
      <p>
        The patient’s record always goes along: who it is, bystander, insurance, allergies, conditions, medicines and
        what was before.
      </p>
      <div class="actions">
        <Submit tone="second" name="preset" value="minimum">
          Minimum needed
        </Submit>
        <Submit tone="second" name="preset" value="all">
          {older === undefined ? 'Everything' : `The newest ${choicesMax} of each`}
        </Submit>
      </div>
      {consultations.length === 0 ? (
        <EmptyState title={isFirst ? 'No consultation is recorded' : 'No older consultation'}>
          {isFirst ? (
            <p>
              <a href={url('consultation-new', { patient: draft.patient })}>Record one</a> to send what was found.
            </p>
          ) : null}
        </EmptyState>
      ) : (
        <Checkboxes
          name="consultations"
          label={`Consultations (${consultations.length})`}
          values={chosen.consultations}
          choices={consultations.map(consultationChoice)}
        />
      )}
      {attachments.length === 0 ? (
        <p class="quiet">{isFirst ? 'No files are held of this patient.' : 'No older files.'}</p>
      ) : (
        <Checkboxes
          name="attachments"
          label={`Images and files (${attachments.length})`}
          values={chosen.attachments}
          choices={attachments.map(attachmentChoice)}
        />
      )}
      {older === undefined ? null : (
        <>
          <Hidden name="older-consultations" value={older.consultations} />
          <Hidden name="older-attachments" value={older.attachments} />
          <Submit tone="second" name="preset" value="older">
            Keep these, show older ones
          </Submit>
        </>
      )}
      <p>
        Files that go along, as ticked when this page came:{' '}
        <strong id="files-size" data-elsewhere={String(sizeOf(elsewhere))}>
          {bytesWords(sizeOf(ticked) + sizeOf(elsewhere))}
        </strong>
        .
      </p>
      <Submit>Go on</Submit>
    </form>
  );
}

/** Where the next page of both begins; `undefined` where this one ends both. */
function olderOf(
  { consultations, attachments }: Choosable,
  place: ChoicePlace,
): Readonly<Record<keyof Chosen, string>> | undefined {
  if (consultations.earlier === undefined && attachments.earlier === undefined) return undefined;
  const [consultation, file] = [consultations.consultations.at(-1), attachments.attachments.at(-1)];
  const last = {
    consultations: consultation ?? place.consultations,
    attachments: file === undefined ? place.attachments : { at: file.createdAt, id: file.id },
  };
  return {
    consultations: last.consultations === undefined ? '' : writePlace(last.consultations),
    attachments: last.attachments === undefined ? '' : writePlace(last.attachments),
  };
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
