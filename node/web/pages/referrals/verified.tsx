import type { Evidence } from '../../../referrals/evidence.ts';
import type { Peer } from '../../../peers/directory.ts';
import { Disclosure, Facts, Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';

/**
 * One sentence of what is proven, with the proof behind it (screen 3). It names hospitals, times and digests: nothing that
 * a person of the other hospital typed stands in this panel.
 */
export function VerifiedPanel({
  evidence,
  peer,
  receiptHref,
}: {
  readonly evidence: Evidence | undefined;
  readonly peer: Peer;
  readonly receiptHref: string;
}) {
  if (evidence === undefined)
    return (
      <Notice tone="amber" title="Not verified yet">
        <p>The referral itself has not arrived. Nothing of it can be proven.</p>
      </Notice>
    );
  return (
    <Section title="Verified" id="verified">
      {evidence.isWhole ? (
        <p>
          <strong class="green-word">✓ Verified:</strong> <Foreign text={peer.title} /> signed exactly the document
          shown here; it arrived unchanged on <When at={evidence.at} /> and stands as entry {evidence.index} in our log.
        </p>
      ) : (
        <Notice tone="red" role="alert" title="! Not verified">
          <p>
            What is held here does not prove itself: {evidence.broken}. Do not rely on this page. Call the other
            hospital, and tell the administrator.
          </p>
        </Notice>
      )}
      <KeyState peer={peer} />
      <p class="hint">
        This proves who sent it and that nobody changed it. It does not prove that what was written is right.
      </p>
      <Disclosure summary="The proof">
        <EvidenceFacts evidence={evidence} />
        <p>
          <a href={receiptHref} download>
            Save the receipt
          </a>
        </p>
      </Disclosure>
    </Section>
  );
}

/** The digests and places that anybody can check, and the receipt as text. */
export function EvidenceFacts({ evidence }: { readonly evidence: Evidence }) {
  const code = (text: string) => <code>{text}</code>;
  return (
    <>
      <Facts
        facts={[
          ...(evidence.documentDigest === ''
            ? []
            : [{ term: 'SHA-256 of the document', value: code(evidence.documentDigest) }]),
          { term: 'SHA-256 of the manifest', value: code(evidence.manifestDigest) },
          { term: 'Sender’s log entry', value: code(evidence.sentX) },
          { term: 'Receiver’s log entry', value: code(evidence.receivedX) },
          { term: 'Log of the receipt', value: code(evidence.log) },
          {
            term: 'Place in that log',
            value: evidence.isWhole ? `entry ${evidence.index}, proven in a head of ${evidence.size}` : 'not proven',
          },
          { term: 'Receipt', value: <When at={evidence.at} show="seconds" /> },
        ]}
      />
      <pre tabindex={0}>{evidence.receipt}</pre>
    </>
  );
}

const keyWords: Readonly<Record<Peer['state'], string>> = {
  invited: 'Pairing has begun and is not complete',
  confirming: 'Pairing waits for its words to be typed',
  paired: 'Its keys are those that both administrators confirmed',
  paused: 'Paired, and the exchange is paused',
  blocked: 'This hospital is blocked here',
  'key-changed': '! Its key changed: do not trust it before it is paired again',
};

function KeyState({ peer }: { readonly peer: Peer }) {
  const isGood = peer.state === 'paired' || peer.state === 'paused';
  return (
    <p class={isGood ? undefined : 'error'}>
      {keyWords[peer.state]}, since <When at={peer.since} show="date" />. Its card has serial {peer.card.serial}.
    </p>
  );
}
