import type { CheckStep, CheckVerdict } from '../../../exchange-log/proof-check.ts';

const labels: Readonly<Record<CheckStep['name'], { readonly title: string; readonly how: string }>> = {
  record: {
    title: 'The record belongs to this entry',
    how: 'SHA-256 over kind and record is the x of the entry.',
  },
  leaf: { title: 'The entry is the one in the log', how: 'Its hash leads to the root.' },
  path: { title: 'The path leads to the signed root', how: 'Each hash with its sibling makes the next (RFC 6962).' },
  checkpoint: { title: 'The log signed this root', how: 'Ed25519 under the log’s key.' },
  cosignature: { title: 'A witness cosigned it', how: 'Ed25519 under the witness’s key, with its time.' },
};

const verdicts: Readonly<Record<CheckVerdict, string>> = {
  holds: '✓ holds',
  broken: '✕ does not hold',
  skipped: '– not judged: the text is not the one that was signed',
};

/**
 * The steps of a check with what came of each. The page's script writes the verdicts of this browser over those of the
 * server: `data-check` names the step, and the words are the same.
 */
export function Checks({ steps }: { readonly steps: readonly CheckStep[] }) {
  return (
    <ol class="checks" id="checks">
      {steps.map(({ name, witness, verdict }) => (
        <li class={verdict} data-check={witness === undefined ? name : `${name} ${witness}`}>
          <strong>{witness === undefined ? labels[name].title : `${witness} cosigned it`}</strong>{' '}
          <span class="verdict">{verdicts[verdict]}</span>
          <span class="second-line">{labels[name].how}</span>
        </li>
      ))}
    </ol>
  );
}
