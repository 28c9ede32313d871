import { ProtocolError } from '../../protocol/errors.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { PairingRow } from './pairing-queries.ts';
import type { PairingSide, PairingStepName } from './pairing-status.ts';
import { TransportError } from './transport.ts';

/** What failed between two nodes that pair: whose matter it is, and what is to be done about it. */
interface Cause {
  readonly side: PairingSide;
  readonly code: string;
  readonly detail: string;
  /** The node tries again by itself; without it the run is over. */
  readonly isPassing: boolean;
}

/** The row after a step that failed; `undefined` for errors that are not about the other node. */
export function failedRow(row: PairingRow, step: PairingStepName, error: unknown): PairingRow | undefined {
  const cause = causeOf(error, step);
  if (cause === undefined) return undefined;
  const { side, code, detail, isPassing } = cause;
  return {
    ...row,
    // Once words were compared, the other side may trust us already: the run is not given up before its time.
    step: isPassing || step === 'typed-there' ? row.step : 'ended',
    detail,
    fault_step: step,
    fault_side: side,
    fault_code: code,
  };
}

function causeOf(error: unknown, step: PairingStepName): Cause | undefined {
  if (error instanceof TransportError) return transportCause(error, step);
  if (error instanceof OperationError && error.code === 'pairing-refused')
    return { side: 'peer', code: error.code, detail: error.message, isPassing: false };
  if (error instanceof ProtocolError)
    return {
      side: 'peer',
      code: error.code,
      detail:
        'What answered is not the node of the invitation: its card or its signature is another one. Nothing is trusted. Call the other hospital and ask for a new invitation.',
      isPassing: false,
    };
  return undefined;
}

function transportCause({ code }: TransportError, step: PairingStepName): Cause {
  switch (code) {
    case 'NET_UNREACHABLE':
    case 'NET_TIMEOUT':
      return {
        side: 'network',
        code,
        detail:
          'The other node cannot be reached from here. This node tries again every few seconds. Is its address in the invitation right, is it running, and does a firewall stand between?',
        isPassing: true,
      };
    case 'NET_ADDRESS':
      return {
        side: 'this',
        code,
        detail:
          'The address of the other node is a private one, and this node may not call it. Allow its range under "peerAddresses" in fernpost.json, then open the invitation again.',
        isPassing: false,
      };
    case 'NET_UNSIGNED':
      return {
        side: 'peer',
        code,
        detail:
          step === 'typed-there'
            ? 'The other node does not know this run any more: its administrator typed a wrong word, or the invitation ended. Begin again with an invitation.'
            : 'The other node answered as it answers a stranger: the invitation is used up, ended or expired, one of the two clocks is more than 30 seconds wrong, or there were too many tries in a minute. Ask for a new invitation.',
        isPassing: false,
      };
  }
}
