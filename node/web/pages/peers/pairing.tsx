import { words as wordList } from '../../../../protocol/words.ts';
import type { FoundPairing } from '../../../peers/pairing.ts';
import type { PairingStatus } from '../../../peers/pairing-status.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice, Section, Steps } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { fragment } from '../../fragment.tsx';
import type { HandlersOf } from '../../route.ts';
import type { peerRoutes } from '../../routes/peer-routes.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { pairingStepWords, sideWords } from './peer-words.tsx';
import { QrCode } from './qr-code.tsx';

const known: ReadonlySet<string> = new Set(wordList);
const refreshSeconds = 3;

type PairingRoutes = 'pairing' | 'pairing-live' | 'pairing-words' | 'pairing-withdraw';

/** One pairing while it happens: its steps, the words, and three of them to type (screen 14). */
export const pairingHandlers: Pick<HandlersOf<typeof peerRoutes>, PairingRoutes> = {
  pairing: async (visit, desk) => pairingPage(desk, await foundOf(visit, desk), []),
  'pairing-live': async (visit, desk) => fragment(desk, <Live status={(await foundOf(visit, desk)).status} />),
  'pairing-words': async (visit, desk) => {
    const found = await foundOf(visit, desk);
    const { invitation, type } = found.status;
    const form = await visit.form();
    const typed = type.map((place) => form.get(`word-${place}`).trim().toLowerCase());
    const errors = type.flatMap((place, i) => wordErrors(place, typed[i] ?? ''));
    if (errors.length > 0) return pairingPage(desk, found, errors, typed);
    try {
      return await visit.once(async () => {
        await desk.pairing.confirmRun(invitation, typed, visit.user.id);
        return url('pairing', { invitation });
      });
    } catch (error) {
      // Another tab was faster: the page of the pairing says how it stands now.
      if (error instanceof OperationError && error.code === 'no-pairing')
        return seeOther(url('pairing', { invitation }));
      if (!(error instanceof OperationError) || error.code !== 'wrong-words') throw error;
      return pairingPage(desk, await foundOf(visit, desk), [], [], error.message);
    }
  },
  'pairing-withdraw': async (visit, desk) => {
    const { invitation } = (await foundOf(visit, desk)).status;
    return visit.once(async () => {
      await desk.pairing.withdraw(invitation, visit.user.id);
      return url('pairing', { invitation });
    });
  },
};

async function foundOf(visit: Visit, desk: DeskServices): Promise<FoundPairing> {
  const found = await desk.pairing.find(visit.param('invitation'));
  if (found === undefined) throw new OperationError('not-found', 'no-pairing', 'There is no such pairing here.');
  return found;
}

/** A misspelt word cannot be right: it is told apart from a wrong one, which ends the run. */
function wordErrors(place: number, word: string): FormErrors {
  if (word === '') return [{ field: `word-${place}`, message: `Type word ${place}` }];
  if (known.has(word)) return [];
  return [{ field: `word-${place}`, message: `Word ${place} is in no list of words: is it spelt as you heard it?` }];
}

function pairingPage(
  desk: DeskServices,
  { status, link }: FoundPairing,
  errors: FormErrors,
  typed: readonly string[] = [],
  refusal?: string,
): Answer {
  const isTyping = status.state === 'confirming' && !status.confirmedHere;
  const isOver = status.state === 'paired' || status.state === 'ended';
  return page(
    {
      title: 'Pairing',
      scripts: ['pairing'],
      status: errors.length === 0 && refusal === undefined ? 200 : 422,
      // What is being typed must not vanish.
      ...(isTyping || isOver ? {} : { refreshSeconds }),
    },
    <>
      <ErrorSummary errors={errors} title="The words were not checked yet" />
      {refusal === undefined ? null : (
        <Notice tone="red" title="Wrong words: nothing is trusted" role="alert">
          <p>{refusal}</p>
        </Notice>
      )}
      <p>
        <a href={url('peers')}>← Peers</a>
      </p>
      <h1>
        {status.title === undefined ? (
          'Pairing'
        ) : (
          <>
            Pairing with <Foreign text={status.title} />
          </>
        )}
      </h1>
      <div
        id="pairing"
        data-live={isOver ? undefined : url('pairing-live', { invitation: status.invitation })}
        aria-live="polite"
      >
        <Live status={status} />
      </div>
      {status.state === 'invited' && link !== undefined ? <Invitation link={link} status={status} /> : null}
      {status.state === 'confirming' ? <Words status={status} /> : null}
      {isTyping ? <TypeWords desk={desk} status={status} errors={errors} typed={typed} /> : null}
      {isOver ? <Over status={status} /> : <Withdraw desk={desk} status={status} />}
    </>,
  );
}

/** What the page's script renews: nothing in it is typed into. */
function Live({ status }: { readonly status: PairingStatus }) {
  const { fault, detail, steps, state } = status;
  return (
    <div data-state={`${state} ${status.confirmedHere ? 'typed' : ''}`}>
      <Steps
        label="Steps of this pairing"
        steps={steps.map((step) => ({
          label: pairingStepWords(step.name, status),
          state: step.state,
          ...(fault?.step === step.name ? { detail: `${fault.code}: ${sideWords(fault.side)}` } : {}),
        }))}
      />
      {fault !== undefined ? (
        <Notice tone="red" title={`Failed: ${pairingStepWords(fault.step, status)}`}>
          <p>{detail}</p>
        </Notice>
      ) : state === 'ended' ? (
        <Notice tone="amber" title="This pairing is over">
          <p>{detail === '' ? 'Nothing is trusted.' : detail}</p>
        </Notice>
      ) : state === 'paired' ? (
        <Notice tone="green" title="✓ Paired">
          <p>Both of you typed the right words. Referrals can go both ways from now on.</p>
        </Notice>
      ) : (
        <p>{nextWords(status)}</p>
      )}
    </div>
  );
}

function nextWords({ state, role, confirmedHere, detail, runs }: PairingStatus): string {
  if (state === 'confirming')
    return confirmedHere
      ? 'Right. Waiting for the other administrator to type three words as well.'
      : 'Call the other hospital now, read your words to each other, and type the three below.';
  if (runs > 0 && detail !== '') return `${detail} (${runs} of 3 runs used)`;
  return role === 'host' ? 'Waiting for the other hospital to open the invitation.' : 'Calling the other node …';
}

function Invitation({ link, status }: { readonly link: string; readonly status: PairingStatus }) {
  return (
    <Section id="invitation" title="Your invitation">
      <p>
        Send the link, or let the other administrator scan the code. It is good until <When at={status.expires} />.
        Whoever opens it still has to say the right words.
      </p>
      <div class="halves">
        <p>
          <code class="wrap" id="own-link">
            {link}
          </code>
        </p>
        <QrCode text={link} label="The same link as a QR code" />
      </div>
    </Section>
  );
}

function Words({ status }: { readonly status: PairingStatus }) {
  return (
    <Section id="words" title="Six words">
      <p>Both screens show the same six words, or somebody stands between you. Read yours out.</p>
      <ol class="six-words">
        {status.words.map((word) => (
          <li>{word}</li>
        ))}
      </ol>
    </Section>
  );
}

interface TypeWordsProps {
  readonly desk: DeskServices;
  readonly status: PairingStatus;
  readonly errors: FormErrors;
  readonly typed: readonly string[];
}

function TypeWords({ desk, status, errors, typed }: TypeWordsProps) {
  const { invitation, type } = status;
  return (
    <Section id="typing" title="Type what you hear">
      <p>
        Type the words that the <strong>other</strong> administrator reads to you, not the ones on your screen. A wrong
        word ends this run.
      </p>
      <form method="post" action={url('pairing-words', { invitation })}>
        <Once token={desk.random.uuid()} />
        <div class="fields">
          {type.map((place, i) => (
            <Field
              name={`word-${place}`}
              label={`Word ${place}`}
              value={typed[i]}
              width="medium"
              autocomplete="off"
              maxlength={20}
              errors={errors}
              required
            />
          ))}
        </div>
        <Submit>These are the words</Submit>
      </form>
    </Section>
  );
}

function Withdraw({ desk, status }: { readonly desk: DeskServices; readonly status: PairingStatus }) {
  return (
    <form method="post" action={url('pairing-withdraw', { invitation: status.invitation })}>
      <Once token={desk.random.uuid()} />
      <Submit tone="danger" novalidate>
        Give up this pairing
      </Submit>
    </form>
  );
}

function Over({ status }: { readonly status: PairingStatus }) {
  return (
    <p>
      {status.state === 'paired' && status.peer !== undefined ? (
        <LinkButton href={url('peer', { peer: status.peer })} tone="main">
          Open the peer
        </LinkButton>
      ) : (
        <LinkButton href={url('peer-add')} tone="main">
          Begin again
        </LinkButton>
      )}
    </p>
  );
}
