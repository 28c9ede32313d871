import { ProtocolError } from '../../../../protocol/errors.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { HandlersOf } from '../../route.ts';
import type { peerRoutes } from '../../routes/peer-routes.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

const linkLettersMax = 1024;
/** What a link can be refused for; everything else is a fault of the node. */
const linkFaults = ['own-invitation', 'invitation-cut', 'invitation-expired', 'invitation-used'];

/** Add a peer: make an invitation, or open the one that the other hospital made (Spec §2). */
export const addPeerHandlers: Pick<HandlersOf<typeof peerRoutes>, 'peer-add' | 'peer-invite' | 'peer-open'> = {
  'peer-add': (visit, desk) => addPage(visit, desk, visit.draft?.get('link') ?? '', []),
  'peer-invite': (visit, desk) =>
    visit.once(async () => url('pairing', { invitation: (await desk.pairing.invite(visit.user.id)).invitation })),
  'peer-open': async (visit, desk) => {
    // A mail program may have broken the line.
    const typed = (await visit.form()).get('link');
    const link = typed.replaceAll(/\s+/g, '');
    if (link === '') return addPage(visit, desk, '', [{ field: 'link', message: 'Paste the invitation first' }]);
    try {
      return await visit.once(async () => {
        const { invitation } = await desk.pairing.begin(link, visit.user.id);
        return url('pairing', { invitation });
      });
    } catch (error) {
      const message = refusalOf(error);
      if (message === undefined) throw error;
      return addPage(visit, desk, typed, [{ field: 'link', message }]);
    }
  },
};

function refusalOf(error: unknown): string | undefined {
  if (error instanceof OperationError && linkFaults.includes(error.code)) return error.message;
  if (error instanceof ProtocolError)
    return 'This is not an invitation as a node writes it. Copy the whole link, from “fernpost:pair” to its end';
  return undefined;
}

function addPage(visit: Visit, desk: DeskServices, link: string, errors: FormErrors): Answer {
  const again = desk.directory.find(visit.query.get('again') ?? '');
  return page(
    { title: 'Add a peer', status: errors.length === 0 ? 200 : 422 },
    <>
      <ErrorSummary errors={errors} title="The invitation was not opened" />
      <p>
        <a href={url('peers')}>← Peers</a>
      </p>
      <h1>Add a peer</h1>
      {again === undefined ? null : (
        <Notice tone="amber" title="Pairing again">
          <p>
            You pair with <Foreign text={again.title} /> a second time. Its keys are replaced only when both of you have
            typed the words.
          </p>
        </Notice>
      )}
      <p>
        The two nodes talk to each other, and the two of you on the telephone. One makes an invitation, the other opens
        it. Then both screens show the same six words: you read them to each other, and each types three that they hear.
      </p>
      <div class="halves">
        <Section id="invite" title="Invite the other hospital">
          <p>Makes a link and a code, good for 24 hours and for one hospital. Send it by any way you like.</p>
          <form method="post" action={url('peer-invite')}>
            <Once token={desk.random.uuid()} />
            <Submit>Make an invitation</Submit>
          </form>
        </Section>
        <Section id="open" title="Open their invitation">
          <form method="post" action={url('peer-open')}>
            <Once token={desk.random.uuid()} />
            <TextArea
              name="link"
              label="Invitation"
              hint="It begins with fernpost:pair"
              rows={4}
              maxlength={linkLettersMax}
              value={link}
              errors={errors}
              required
            />
            <Submit>Open it</Submit>
          </form>
        </Section>
      </div>
    </>,
  );
}
