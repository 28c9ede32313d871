import { findLiveKeys } from '../../../../protocol/card.ts';
import { logCrypto } from '../../../../protocol/crypto/log-crypto.ts';
import { leafHash } from '../../../../protocol/log/merkle.ts';
import { noteKey, noteKeyTypes, parseVkey, type NoteKey } from '../../../../protocol/log/note.ts';
import { parseProof } from '../../../../protocol/log/proof.ts';
import type { LogEntryProof } from '../../../exchange-log/explorer.ts';
import { checkEntry, isSound, walkPath, type EntryEvidence } from '../../../exchange-log/proof-check.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { download, page, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { InUtc } from '../../components/zone.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { Checks } from './checks.tsx';
import { EntryFacts, Raw, Signers } from './entry-facts.tsx';
import { readEvidence, textsOf, type EvidenceTexts } from './evidence-fields.ts';
import { ProofPicture } from './proof-picture.tsx';

type EntryRoutes = 'log-entry' | 'log-check' | 'log-record' | 'log-leaf' | 'log-proof';

/** Screen 20: one entry with its proof. The browser's own check is `assets/proof.js`; without scripts the server checks. */
export const logEntryHandlers: Pick<HandlersOf<typeof logRoutes>, EntryRoutes> = {
  'log-entry': async (visit, desk) => {
    const found = await foundOf(visit, desk);
    return entryPage(desk, found, textsOf(evidenceOf(found), keysOf(desk, visit)), [], false);
  },
  'log-check': async (visit, desk) => {
    const found = await foundOf(visit, desk);
    const form = await visit.form();
    const texts = {
      record: form.get('record'),
      leaf: form.get('leaf'),
      proof: form.get('proof'),
      logKey: form.get('logKey'),
      witnessKeys: form.get('witnessKeys'),
    };
    return entryPage(desk, found, texts, readEvidence(texts).errors, true);
  },
  'log-record': async (visit, desk) => rawOf(visit, desk, 'record', ({ entry }) => entry.record),
  'log-leaf': async (visit, desk) => rawOf(visit, desk, 'leaf', ({ leaf }) => leaf),
  'log-proof': async (visit, desk) => rawOf(visit, desk, 'tlog-proof', ({ proof }) => proof),
};

async function foundOf(visit: Visit, desk: DeskServices): Promise<LogEntryProof> {
  const text = visit.param('index');
  const found = /^(?:0|[1-9][0-9]{0,14})$/.test(text)
    ? await desk.explorer.entry(visit.user.id, Number(text))
    : undefined;
  if (found === undefined) throw new OperationError('not-found', 'no-entry', 'The log has no entry with this number.');
  return found;
}

async function rawOf(
  visit: Visit,
  desk: DeskServices,
  what: string,
  bytesOf: (found: LogEntryProof) => Uint8Array | string,
): Promise<Response> {
  const found = await foundOf(visit, desk);
  const body = bytesOf(found);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  return download({ name: `${desk.own.name}-${found.entry.index}-${what}`, type, body });
}

function evidenceOf({ entry, leaf, proof }: LogEntryProof): EntryEvidence {
  return { record: entry.record, leaf, proof };
}

/** The keys that this node knows of: an auditor holds them against those on paper. */
function keysOf(desk: DeskServices, visit: Visit): { readonly log: NoteKey; readonly witnesses: readonly NoteKey[] } {
  const witnesses = desk.directory
    .list()
    .flatMap(({ name, card }) =>
      findLiveKeys(card, 'cosign', visit.now).map(({ key }) =>
        noteKey(`${name}/witness`, noteKeyTypes.cosignature, key, logCrypto),
      ),
    );
  return { log: parseVkey(desk.own.logVkey, logCrypto), witnesses };
}

function entryPage(
  desk: DeskServices,
  found: LogEntryProof,
  texts: EvidenceTexts,
  errors: FormErrors,
  isAgain: boolean,
): Answer {
  const { entry } = found;
  const index = String(entry.index);
  return page(
    { title: `Entry ${index}`, scripts: ['proof'], status: errors.length === 0 ? 200 : 422 },
    <InUtc>
      <ErrorSummary errors={errors} title="This cannot be checked" />
      <p>
        <a href={url('log')}>← Exchange log</a>
      </p>
      <h1>Entry {index}</h1>
      <EntryFacts found={found} />
      <CheckPanel index={index} texts={texts} isAgain={isAgain} />
      <Path found={found} />
      <Signers found={found} />
      <Raw desk={desk} found={found} />
      <Again index={index} texts={texts} errors={errors} />
    </InUtc>,
  );
}

function CheckPanel(props: { readonly index: string; readonly texts: EvidenceTexts; readonly isAgain: boolean }) {
  const { index, texts, isAgain } = props;
  const { evidence, keys } = readEvidence(texts);
  const steps = evidence === undefined || keys === undefined ? [] : checkEntry(evidence, keys, logCrypto);
  const urls = { index };
  return (
    <Section id="proof" title="Proof, step by step">
      <div
        id="checker"
        data-record={url('log-record', urls)}
        data-leaf={url('log-leaf', urls)}
        data-proof={url('log-proof', urls)}
        data-again={isAgain ? 'yes' : undefined}
      >
        <div id="checked-by" role="status">
          <Notice tone={steps.length > 0 && isSound(steps) ? 'blue' : 'red'} title="Checked by the server, not by you">
            <p>
              This node recomputed its own proof{isAgain ? ' from what you sent' : ''}. With scripts on, your browser
              fetches the bytes and checks them itself. Offline: <code>fernpost log verify</code>.
            </p>
          </Notice>
        </div>
        <Checks steps={steps} />
      </div>
    </Section>
  );
}

function Path({ found }: { readonly found: LogEntryProof }) {
  const proof = parseProof(found.proof);
  const leaf = leafHash(found.leaf, logCrypto);
  const way = walkPath(leaf, proof, logCrypto);
  return (
    <Section id="way" title="From the leaf to the root">
      {way === undefined ? <p>The path has another length than the tree.</p> : <ProofPicture leaf={leaf} {...way} />}
    </Section>
  );
}

function Again({
  index,
  texts,
  errors,
}: {
  readonly index: string;
  readonly texts: EvidenceTexts;
  readonly errors: FormErrors;
}) {
  return (
    <Section id="again" title="Change a byte and check again">
      <p>
        Put other bytes or keys in: exactly the step that they belong to stops holding. Take the keys from paper or from
        the other hospital, not from here.
      </p>
      <form method="post" action={url('log-check', { index })} id="again-form">
        <TextArea name="record" label="Record (hex)" value={texts.record} rows={4} errors={errors} required />
        <TextArea name="leaf" label="Leaf (hex)" value={texts.leaf} rows={3} errors={errors} required />
        <TextArea
          name="proof"
          label="Proof: index, path, checkpoint, signatures"
          value={texts.proof}
          rows={10}
          errors={errors}
          required
        />
        <TextArea name="logKey" label="Key of the log" value={texts.logKey} rows={2} errors={errors} required />
        <TextArea
          name="witnessKeys"
          label="Keys of witnesses, one a line"
          value={texts.witnessKeys}
          rows={3}
          errors={errors}
        />
        <Submit>Check again</Submit>{' '}
        <LinkButton href={url('log-entry', { index })}>Put the log’s own bytes back</LinkButton>
      </form>
    </Section>
  );
}
