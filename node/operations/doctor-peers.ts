import { parseUtf8 } from '../../protocol/bytes.ts';
import { parseCard } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { cardBytesMax, skewMs } from '../../protocol/http/limits.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import type { Peer } from '../peers/directory.ts';
import { TransportError } from '../peers/transport.ts';
import { PeerHttpError, type PeerAnswer } from '../platform/peer-http.ts';
import { bad, good, type Finding, type Side } from './finding.ts';
import type { NodeServices } from './node-services.ts';

/** The Date field of an answer has whole seconds. */
const datePrecisionMs = 1_000;

/** Asks a peer for its card: whether it answers, whether it is still who it was, and how far the clocks differ. */
export async function checkPeer({ transport, clock }: NodeServices, peer: Peer): Promise<Finding> {
  const check = `peer ${peer.name}`;
  const side: Side = `peer ${peer.name}`;
  try {
    const sent = clock.now();
    const path = targetOf({ name: 'getCard' });
    const answer = await transport.plain({ url: peer.url }, { method: 'GET', path, answerBytesMax: cardBytesMax });
    const middle = (sent + clock.now()) / 2;
    if (answer.status !== 200)
      return bad(check, 'fail', side, `it answers ${answer.status} instead of its card`, 'call its administrator');
    parseCard(parseUtf8(answer.body), peer.card.identityVkey, logCrypto);
    return judgeSkew(check, side, answer, middle);
  } catch (error) {
    if (error instanceof ProtocolError)
      return bad(
        check,
        'fail',
        side,
        'its card is not signed by the identity that it was paired with',
        'call its administrator before anything is sent; if its keys were replaced, pair again',
      );
    if (error instanceof TransportError || error instanceof PeerHttpError) return unreachable(check, side, error);
    throw error;
  }
}

function judgeSkew(check: string, side: Side, answer: PeerAnswer, middle: number): Finding {
  const theirs = Date.parse(answer.headers['date'] ?? '');
  if (!Number.isFinite(theirs)) return good(check, 'reachable; it does not tell its time');
  const behindMs = middle - (theirs + datePrecisionMs / 2);
  const seconds = Math.max(0, Math.abs(behindMs) - datePrecisionMs) / 1000;
  const words =
    seconds < 1 ? 'the clocks agree' : `its clock is ${seconds.toFixed(0)} s ${behindMs > 0 ? 'behind' : 'ahead'}`;
  if (seconds * 1000 <= skewMs / 2) return good(check, `reachable; ${words}`);
  const state = seconds * 1000 > skewMs ? 'fail' : 'warn';
  const detail = `${words}; ${skewMs / 1000} s are tolerated`;
  return bad(check, state, side, detail, 'compare both with a time server: the check "clock" says whether it is ours');
}

function unreachable(check: string, side: Side, error: TransportError | PeerHttpError): Finding {
  const refused = error.code === 'NET_ADDRESS' || error.code === 'address-refused';
  if (refused)
    return bad(check, 'fail', 'this node', error.message, 'add its range to "peerAddresses" in fernpost.json');
  const detail = `${error.message}; referrals to it wait in the outbox, nothing is lost`;
  const fix = 'if other peers answer, its node is down: call its administrator; if none does, look at this network';
  return bad(check, 'fail', error.code === 'NET_UNSIGNED' ? side : 'the network', detail, fix);
}
