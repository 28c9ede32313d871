import { Notice } from '../../components/panel.tsx';
import { When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { draftKeyOf } from '../../draft-key.ts';
import type { Visit } from '../../visit.ts';

/** Says that a form shows what was typed before, or that there is such text; asks for it by its own link. Where scripts run, `drafts.js` offers it on every form. */
export async function DraftNotice({ visit, desk }: { readonly visit: Visit; readonly desk: DeskServices }) {
  if (visit.draft !== undefined)
    return (
      <Notice tone="blue" role="status" title="What you had typed is here again">
        <p>Nothing of it is saved yet. Look through it, then save.</p>
      </Notice>
    );
  if (visit.method !== 'GET') return null;
  const draft = await desk.drafts.find(visit.user.id, draftKeyOf(visit.target));
  if (draft === undefined) return null;
  const { pathname, searchParams } = new URL(visit.target, 'http://desk.invalid');
  searchParams.set('draft', '1');
  return (
    <noscript>
      <Notice tone="blue" title="You have text here that was not saved">
        <p>
          Typed until <When at={draft.savedAt} />.{' '}
          <a href={`${pathname}?${searchParams.toString()}`}>Show it in the form</a>
        </p>
      </Notice>
    </noscript>
  );
}

/** The form of this page succeeded: what was kept of it goes. */
export async function forgetDraft(visit: Visit, desk: DeskServices): Promise<void> {
  await desk.drafts.remove(visit.user.id, draftKeyOf(visit.target));
}
