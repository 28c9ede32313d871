import type { Child } from 'hono/jsx';
import type { FieldFault } from '../../../alerts/fields.ts';
import type { Person } from '../../../alerts/changes.ts';
import type { FormErrors } from '../../components/form.tsx';
import type { Answer } from '../../answer.ts';
import { Notice } from '../../components/panel.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { draftKeyOf } from '../../draft-key.ts';
import { submitOnce } from '../../submit-once.ts';
import type { Visit } from '../../visit.ts';

/** The form of this page succeeded: what was kept of it while it was typed goes. */
export async function forgetDraft(visit: Visit, desk: DeskServices, formPage: string): Promise<void> {
  await desk.drafts.remove(visit.user.id, draftKeyOf(formPage));
}

export interface ListForm<Saved> {
  /** The page on which the form stands, and the list that it leads back to. */
  readonly place: string;
  readonly list: string;
  save(): Promise<Saved | { readonly state: 'refused'; readonly faults: readonly FieldFault[] }>;
  /** The form again, with everything typed and what is wrong in it. */
  again(faults: readonly FieldFault[]): Answer;
}

/** Saves what a form says about one thing of a list, however often it is sent. */
export async function saveOnce<Saved extends { readonly state: 'saved' }>(
  visit: Visit,
  desk: DeskServices,
  { place, list, save, again }: ListForm<Saved>,
): Promise<Answer> {
  return await submitOnce(visit, async () => {
    const saved = await save();
    if (saved.state === 'refused') return again(saved.faults);
    await forgetDraft(visit, desk, place);
    return list;
  });
}

/** Who changes something, as the log keeps it. */
export function personOf(visit: Visit): Person {
  return { id: visit.user.id, name: visit.user.name };
}

/** A fault in a whole sentence that begins with the field's own label. */
export function errorsOf(faults: readonly FieldFault[], labels: Readonly<Record<string, string>>): FormErrors {
  return faults.map(({ field, message }) => ({ field, message: `${labels[field] ?? field} ${message}` }));
}

/** What the last form did, told once on the page that it led to. */
export function Done({ visit, words }: { readonly visit: Visit; readonly words: Readonly<Record<string, Child>> }) {
  const told = new Map(Object.entries(words)).get(visit.query.get('did') ?? '');
  if (told === undefined) return null;
  return (
    <Notice tone="green" role="status">
      <p>{told}</p>
    </Notice>
  );
}
