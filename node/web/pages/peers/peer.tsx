import { formatVkey } from '../../../../protocol/log/note.ts';
import type { Peer } from '../../../peers/directory.ts';
import { readOverview, safetyNumberOf, type PeerOverview } from '../../../peers/overview.ts';
import { mayDo, type PeerTrust } from '../../../peers/trust.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { readPeerQueues, type PeerQueue } from '../../../referrals/peer-queues.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { HandlersOf } from '../../route.ts';
import type { peerRoutes } from '../../routes/peer-routes.ts';
import { submitOnce } from '../../submit-once.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { errorsOf, personOf } from '../admin/admin-form.tsx';
import { Cosigned, clockWords, LastExchange, queueWords } from './peers.tsx';
import { PeerStateTag, peerStateMeans } from './peer-words.tsx';

type Act = keyof PeerTrust;

/** What each act does, said before it is done. */
const acts: Readonly<Record<Act, { readonly verb: string; readonly means: string; readonly tone: 'main' | 'danger' }>> =
  {
    pause: {
      verb: 'Pause',
      means:
        'Nothing is taken from this hospital and nothing sent to it until you resume. It is told that you have paused. What waits for it stays in the outbox.',
      tone: 'main',
    },
    resume: {
      verb: 'Resume',
      means: 'Referrals go both ways again, and what waited leaves.',
      tone: 'main',
    },
    block: {
      verb: 'Block',
      means:
        'This hospital is treated as a stranger: it gets no answer that tells it anything, and nothing is sent to it. What both sides have logged stays.',
      tone: 'danger',
    },
  };

/** One peer: its state and why, what it is known by, and what can be done about it. */
export const peerPageHandlers: Pick<
  HandlersOf<typeof peerRoutes>,
  'peer' | 'peer-ask' | 'peer-act' | 'peer-telephone'
> = {
  peer: (visit, desk) => peerPage(visit, desk, []),
  'peer-telephone': async (visit, desk) => {
    const peer = desk.directory.get(visit.param('peer'));
    const telephone = (await visit.form()).get('telephone');
    return await submitOnce(visit, async () => {
      const saved = await desk.peerTelephones.set(personOf(visit), peer.name, telephone);
      if (saved.state === 'saved') return url('peer', { peer: peer.name });
      return await peerPage(visit, desk, errorsOf(saved.faults, { telephone: 'Telephone' }), telephone);
    });
  },
  'peer-ask': (visit, desk) => {
    const { act, peer } = askedOf(visit, desk);
    const { verb, means, tone } = acts[act];
    return page(
      { title: `${verb} ${peer.title}` },
      <>
        <h1>
          {verb} <Foreign text={peer.title} />?
        </h1>
        <p>{means}</p>
        <p class="quiet">It is written into the exchange log with your user id.</p>
        <form method="post" action={url('peer-act', { peer: peer.name, act })} class="inline">
          <Once token={desk.random.uuid()} />
          <Submit tone={tone}>{verb}</Submit>
          <LinkButton href={url('peer', { peer: peer.name })}>Leave it as it is</LinkButton>
        </form>
      </>,
    );
  },
  'peer-act': async (visit, desk) => {
    const { act, peer } = askedOf(visit, desk);
    return visit.once(async () => {
      await desk.trust[act](peer.name, visit.user.id);
      return url('peer', { peer: peer.name });
    });
  },
};

async function peerPage(visit: Visit, desk: DeskServices, errors: FormErrors, typed?: string): Promise<Answer> {
  const peer = desk.directory.get(visit.param('peer'));
  const overviews = await desk.store.read((reader) => readOverview(reader, desk));
  const overview = overviews.find((each) => each.peer.name === peer.name);
  const queue = (await desk.store.read(readPeerQueues)).get(peer.name);
  if (overview === undefined) throw unknownAct();
  const telephone = visit.draft?.get('telephone') ?? typed ?? (await desk.peerTelephones.all()).get(peer.name) ?? '';
  return page(
    { title: peer.title, ...(errors.length === 0 ? {} : { status: 422 as const }) },
    <>
      <p>
        <a href={url('peers')}>← Peers</a>
      </p>
      <div class="page-head">
        <h1>
          <Foreign text={peer.title} />
        </h1>
        <PeerStateTag state={peer.state} />
      </div>
      <ErrorSummary errors={errors} title="The number was not saved" />
      <State peer={peer} />
      <Acts peer={peer} />
      <Exchange overview={overview} queue={queue} visit={visit} />
      <Telephone peer={peer} desk={desk} telephone={telephone} errors={errors} />
      <Identity peer={peer} overview={overview} desk={desk} />
    </>,
  );
}

interface TelephoneProps {
  readonly peer: Peer;
  readonly desk: DeskServices;
  readonly telephone: string;
  readonly errors: FormErrors;
}

function Telephone({ peer, desk, telephone, errors }: TelephoneProps) {
  return (
    <Section id="telephone" title="When it does not answer">
      <form method="post" action={url('peer-telephone', { peer: peer.name })} class="measure">
        <Once token={desk.random.uuid()} />
        <Field
          name="telephone"
          label="Telephone"
          hint="Of whoever takes referrals there at night. Doctors see it when a referral does not get through."
          type="tel"
          autocomplete="off"
          maxlength={40}
          value={telephone}
          errors={errors}
        />
        <div class="actions">
          <Submit tone="second">Save</Submit>
        </div>
      </form>
    </Section>
  );
}

function askedOf(visit: Visit, desk: DeskServices): { readonly act: Act; readonly peer: Peer } {
  const act = (Object.keys(acts) as Act[]).find((known) => known === visit.param('act'));
  if (act === undefined) throw unknownAct();
  return { act, peer: desk.directory.get(visit.param('peer')) };
}

function State({ peer }: { readonly peer: Peer }) {
  if (peer.state === 'key-changed')
    return (
      <Notice tone="red" title="Its key has changed: nothing is sent and nothing taken">
        <p>
          {peer.detail} Since <When at={peer.since} />.
        </p>
        <p>
          Either the hospital made a new identity, for example after it lost a machine, or somebody else answers at its
          address. This node cannot tell which. Call the hospital at a number that you know. If it says yes, pair again;
          if not, block it.
        </p>
      </Notice>
    );
  return (
    <p>
      {peerStateMeans(peer.state)} Since <When at={peer.since} />. {peer.detail}
    </p>
  );
}

function Acts({ peer }: { readonly peer: Peer }) {
  return (
    <p class="row">
      {mayDo(peer.state).map((act) => (
        <>
          <LinkButton href={url('peer-ask', { peer: peer.name, act })}>{acts[act].verb}</LinkButton>{' '}
        </>
      ))}
      <LinkButton href={url('peer-add', {}, { again: peer.name })}>Pair again</LinkButton>
    </p>
  );
}

function Exchange({
  overview,
  queue,
  visit,
}: {
  readonly overview: PeerOverview;
  readonly queue: PeerQueue | undefined;
  readonly visit: Visit;
}) {
  const row = { overview, queue, now: visit.now };
  const { itsLog, peer } = overview;
  return (
    <Section id="exchange" title="Exchange">
      <Facts
        facts={[
          { term: 'Last exchange', value: <LastExchange row={row} /> },
          { term: 'Last heard of', value: peer.lastSpokeAt === undefined ? 'never' : <When at={peer.lastSpokeAt} /> },
          { term: 'Queue', value: queueWords(row) },
          { term: 'Its clock', value: clockWords(row) },
          { term: 'Our log, cosigned', value: <Cosigned row={row} /> },
          {
            term: 'Its log, cosigned here',
            value:
              itsLog === undefined ? (
                'not yet'
              ) : (
                <>
                  {`${itsLog.size} entries, `}
                  <When at={itsLog.at} />
                </>
              ),
          },
        ]}
      />
    </Section>
  );
}

function Identity(props: { readonly peer: Peer; readonly overview: PeerOverview; readonly desk: DeskServices }) {
  const { peer, overview, desk } = props;
  const [log] = peer.card.logs;
  return (
    <Section id="identity" title="Who it is">
      <Facts
        facts={[
          { term: 'Name', value: <code>{peer.name}</code> },
          { term: 'Address', value: <code>{peer.url}</code> },
          { term: 'Card', value: `serial ${peer.card.serial}` },
          { term: 'Card is good until', value: <When at={overview.cardEnds} show="date" /> },
          { term: 'Sealing suites', value: `${peer.card.suites.join(', ')}; never below ${peer.suiteFloor}` },
          { term: 'Identity key', value: <code class="wrap">{peer.card.identityVkey}</code> },
          { term: 'Log key', value: <code class="wrap">{log === undefined ? '–' : formatVkey(log.vkey)}</code> },
          { term: 'Safety number', value: <code class="wrap">{safetyNumberOf(desk.own, peer)}</code> },
        ]}
      />
      <p class="quiet">
        The safety number is the same at both hospitals. Read it to each other on the telephone whenever you doubt.
      </p>
    </Section>
  );
}

function unknownAct(): OperationError {
  return new OperationError('not-found', 'unknown-act', 'There is no such act. Nothing was changed.');
}
