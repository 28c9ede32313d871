import { equalBytes } from '../../protocol/bytes.ts';
import { isLive, type Card } from '../../protocol/card.ts';
import { parsePublicKey, verifySignature } from '../../protocol/crypto/sign.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Fields } from '../../protocol/http/fields.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { isFresh, parseRequestSignature, verifyParsed, type ParsedRequest } from '../../protocol/http/signature.ts';
import { parsePairRequest, writePairAnswer } from '../../protocol/pairing.ts';
import { jsonAnswer, Refusal } from '../referrals/answers.ts';
import type { DoorPorts } from './door-ports.ts';
import { readBody, strangersAnswer, type IncomingRequest, type OutgoingAnswer } from './message.ts';
import { signedAnswer } from './signed-door.ts';

/**
 * The one route for keys that are not paired, and the only one where the body is read before the signature is checked:
 * the card in it says which keys may sign (Spec §2). Everything that is wrong gets the stranger's 401.
 */
export async function answerPairing(
  ports: DoorPorts,
  invitation: Uint8Array,
  fields: Fields,
  size: number,
  incoming: IncomingRequest,
): Promise<OutgoingAnswer> {
  const { remoteAddress } = incoming;
  if (!ports.quotas.mayPair(remoteAddress)) return strangersAnswer;
  const answer = await answerStep(ports, invitation, fields, size, incoming);
  if (answer === undefined || answer.begins) ports.quotas.countPairing(remoteAddress);
  return answer?.signed ?? strangersAnswer;
}

/** `undefined` for everything that is wrong; `begins` for step 1. */
async function answerStep(
  ports: DoorPorts,
  invitation: Uint8Array,
  fields: Fields,
  size: number,
  incoming: IncomingRequest,
): Promise<{ readonly signed: OutgoingAnswer; readonly begins: boolean } | undefined> {
  try {
    const { method, target } = incoming;
    const parsed = parseRequestSignature({ method, targetUri: ports.own.url + target, fields }, 'fernpost-pair/v1');
    if (fields['content-type'] !== mediaTypes.json || !isFresh(parsed, ports.clock.now())) return undefined;
    const request = parsePairRequest(await readBody(incoming.body, size, parsed.bodySha256, ports.clock));
    const answer = await ports.pairing.answer(invitation, request, (card) => verifyCard(ports, card, parsed));
    // Steps are idempotent, so the nonce is stored beside the effect: a replay gets nothing that the first did not get.
    const first = await ports.nonces.write(parsed, async () => undefined);
    if (answer === undefined || first === undefined) return undefined;
    const signed = signedAnswer(ports, jsonAnswer(200, writePairAnswer(answer)), parsed.request);
    return { signed, begins: request.step === 1 };
  } catch (error) {
    if (!(error instanceof ProtocolError) && !(error instanceof Refusal)) throw error;
    ports.diagnostics.warn('pairing-refused', { code: error.code });
    return undefined;
  }
}

function verifyCard(ports: DoorPorts, card: Card, parsed: ParsedRequest): void {
  const now = ports.clock.now();
  const key = card.keys.find((each) => each.use === 'http' && equalBytes(each.key, parsed.keyid.key));
  if (key === undefined || card.name !== parsed.keyid.name || !isLive(key, now))
    throw new ProtocolError('unknown-key', 'the request is not signed by a key of the card');
  verifyParsed(parsed, parsePublicKey(key.key), verifySignature);
}
