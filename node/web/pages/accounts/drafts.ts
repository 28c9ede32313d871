import { json } from '../../answer.ts';
import { momentWords } from '../../components/text.tsx';
import { draftKeyOf } from '../../draft-key.ts';
import type { HandlersOf } from '../../route.ts';
import type { accountRoutes } from '../../routes/account-routes.ts';
import { parseOwnPath } from '../../urls.ts';

/** What is never kept of a form: secrets, and what only makes it be sent once. */
const leftOut = /password|secret|token|^once$|^draft-page$/i;

/** Drafts as `drafts.js` saves and finds them: by the path of the page that the form stands on (Node §13.3). */
export const draftHandlers: Pick<HandlersOf<typeof accountRoutes>, 'draft-save' | 'draft-find'> = {
  'draft-save': async (visit, desk) => {
    const form = await visit.form();
    const path = parseOwnPath(form.get('draft-page'));
    if (path === undefined) return new Response('No page of this desk is named.\n', { status: 400 });
    const fields = form.entries().filter(([name]) => !leftOut.test(name));
    const kept = await desk.drafts.save(visit.user.id, draftKeyOf(path), fields);
    return kept ? json({ savedAt: visit.now }) : new Response('This is more than a draft may hold.\n', { status: 413 });
  },
  'draft-find': async (visit, desk) => {
    const path = parseOwnPath(visit.query.get('page') ?? '');
    const draft = path === undefined ? undefined : await desk.drafts.find(visit.user.id, draftKeyOf(path));
    if (draft === undefined) return json({ savedAt: null });
    return json({ savedAt: draft.savedAt, words: momentWords(draft.savedAt, await desk.settings.zone()) });
  },
};
